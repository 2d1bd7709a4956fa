/** Who issues tokens of applications: the origin under which people reach the platform, with nothing behind it. */
export const issuerOf = (publicUrl: string): string => new URL(publicUrl).origin;

/** Where the endpoints of the protocol lie. */
export const base = '/oauth';
