import { isIPv4, isIPv6 } from 'node:net';
import { ibanLengths } from './iban-lengths.ts';

/** A kind of personal data, as its stretch of a text is told from what only looks like it. */
export interface PersonalKind {
  /** Before it stands none of these, and it begins with one of those. */
  readonly notBefore: RegExp;
  readonly first: RegExp;
  /** Whether such a beginning can still become one. */
  readonly goesOn: RegExp;
  readonly isWhole: (text: string) => boolean;
  /** After it stands none of these. */
  readonly notAfter: RegExp;
  readonly longest: number;
}

/** ISO/IEC 7812-1, annex B: every second digit from the right is doubled, and the sum of digits is a multiple of ten. */
const isLuhn = (digits: string): boolean => {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const weighed = index % 2 === 1 ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
};

/** The networks that issue cards: 2221 to 2720, 3, 4, 5 and 6. */
const issuer = /^(?:[3-6]|2[2-7])/;

const isCard = (text: string): boolean => {
  const digits = text.replace(/[ -]/g, '');
  return digits.length >= 13 && digits.length <= 19 && issuer.test(digits) && isLuhn(digits);
};

/** ISO 13616-1: the length is that of the country, and with its first four characters at the end and letters as numbers it is 1 modulo 97. */
const isIban = (text: string): boolean => {
  const joined = text.replace(/ /g, '').toUpperCase();
  if (ibanLengths.get(joined.slice(0, 2)) !== joined.length) return false;
  const turned = joined.slice(4) + joined.slice(0, 4);
  let rest = 0;
  for (const character of turned) rest = Number(`${rest}${Number.parseInt(character, 36)}`) % 97;
  return rest === 1;
};

const digitsIn = (text: string): number => text.replace(/\D/g, '').length;

/** With a plus sign and a country's code; as in North America; with the zero of a trunk call. */
const phones = [
  /^\+[1-9]\d{0,2}[ ./-]?(?:\(\d{1,5}\)[ ./-]?)?\d{2,}(?:[ ./-]\d{2,})*$/,
  /^(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}$/,
  /^(?:\(0\d{1,5}\) ?|0\d{1,5}[ /-])\d{3,}(?:[ -]\d{2,})*$/,
  /^00[1-9]\d{0,2}[ ./-]?\d{2,}(?:[ ./-]\d{2,})*$/,
];

const isPhone = (text: string): boolean => {
  const digits = digitsIn(text);
  return digits >= 8 && digits <= 15 && phones.some((phone) => phone.test(text));
};

/** Times and words with two colons are no addresses. */
const isAddress = (text: string): boolean =>
  isIPv4(text) || text === '::1' || (isIPv6(text) && text.split(':').filter((group) => group !== '').length >= 3);

const word = /[\p{L}\p{N}]/u;

export const personalKinds = {
  email: {
    notBefore: /[\p{L}\p{N}._%+'-]/u,
    first: /[\p{L}\p{N}_]/u,
    goesOn: /^[\p{L}\p{N}._%+'-]{1,64}(?:@[\p{L}\p{N}.-]*)?$/u,
    isWhole: (text) => /@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,24}$/u.test(text),
    notAfter: /[\p{L}\p{N}-]/u,
    longest: 254,
  },
  phone: {
    notBefore: /[\p{L}\p{N}+.]/u,
    first: /[+(\d]/,
    goesOn: /^[+(]?\d*\)?[\d ./-]*(?:\(\d*\)?)?[\d ./-]*$/,
    isWhole: isPhone,
    notAfter: /[\p{L}\p{N}]/u,
    longest: 26,
  },
  'credit-card': {
    notBefore: word,
    first: /[2-6]/,
    goesOn: /^\d(?:[ -]?\d){0,18}[ -]?$/,
    isWhole: isCard,
    notAfter: word,
    longest: 37,
  },
  iban: {
    notBefore: word,
    first: /[A-Za-z]/,
    goesOn: /^[A-Za-z]{1,2}(?:(?<=[A-Za-z]{2}) ?\d(?: ?\d)?)?(?:(?<=\d ?\d) ?[A-Za-z0-9](?: ?[A-Za-z0-9])*)? ?$/,
    isWhole: isIban,
    notAfter: word,
    longest: 44,
  },
  'ip-address': {
    notBefore: /[\p{L}\p{N}.:]/u,
    first: /[0-9A-Fa-f:]/,
    goesOn: /^[0-9A-Fa-f:.]+$/,
    isWhole: isAddress,
    notAfter: /[\p{L}\p{N}]/u,
    longest: 45,
  },
  /** Numbers that are given to nobody begin with 000, 666 or 9, or have a group of zeros alone. */
  'us-ssn': {
    notBefore: /[\p{L}\p{N}-]/u,
    first: /\d/,
    goesOn: /^\d{1,3}(?:(?<=^\d{3})[ -]\d{0,2})?(?:(?<=^\d{3}[ -]\d{2})[ -]\d{0,4})?$/,
    isWhole: (text) => /^(?!000|666|9)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}$/.test(text),
    notAfter: /[\p{L}\p{N}-]/u,
    longest: 11,
  },
} as const satisfies Readonly<Record<string, PersonalKind>>;
