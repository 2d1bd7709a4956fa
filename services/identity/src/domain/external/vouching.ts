import { addressOf } from '../users/no-address.ts';

/** What an issuer says of an address, as it says it. */
export interface Said {
  readonly email: string | null;
  readonly isVerified: boolean;
}

/** Of these domains an issuer is believed when it says whose an address is; `*`: of all. */
export type Believed = readonly string[];

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1);

/** The address of whoever signs in, where the issuer says that it is theirs and is believed. */
export const vouchedAddress = ({ email, isVerified }: Said, believed: Believed): string | undefined => {
  if (email === null || !isVerified || addressOf(email) === null) return undefined;
  return believed.includes('*') || believed.includes(domainOf(email)) ? email : undefined;
};

/**
 * What becomes of somebody whom an issuer knows and we do not. An account is opened to them by their address alone only where both
 * sides have seen it verified: an account whose address nobody has verified may be somebody else's who waits for its owner to come.
 */
export const welcomeOf = (
  address: string | undefined,
  account: { readonly emailVerified: boolean } | undefined,
): 'sign-up' | 'link' | 'AddressNotVouchedFor' | 'SignInToLink' => {
  if (address === undefined) return 'AddressNotVouchedFor';
  if (account === undefined) return 'sign-up';
  return account.emailVerified ? 'link' : 'SignInToLink';
};
