/** No name below this one is anybody's, ever (RFC 6761). */
const nowhere = '@no-address.invalid';

/** What stands where everybody has an address, for a person who has none. */
export const inPlaceOfAddress = (userId: string): string => `${userId}${nowhere}`;

/** Null where there is none: nothing is sent there, and nobody is shown it. */
export const addressOf = (email: string): string | null => (email.endsWith(nowhere) ? null : email);
