import { z } from 'zod';

/** Nano-units (10⁻⁹) of a currency: an integer everywhere, a decimal string on the wire. */
export type Nanos = bigint & z.core.$brand<'Nanos'>;

/** On the wire, in the log and in views: a decimal string of an integer number of nano-units. */
export const NanosText = z
  .string()
  .regex(/^-?\d{1,30}$/, 'an integer number of nano-units, as a decimal string')
  .brand<'NanosText'>()
  .meta({ id: 'Nanos' });
export type NanosText = z.infer<typeof NanosText>;

export const Currency = z.enum(['EUR', 'USD']).meta({ id: 'Currency' });
export type Currency = z.infer<typeof Currency>;

export const nanosPerUnit = 1_000_000_000n;

// The brands are made in these four functions and nowhere else.
export const nanos = (value: bigint): Nanos => value as Nanos;
export const parseNanos = (text: NanosText): Nanos => nanos(BigInt(text));
export const formatNanos = (value: bigint): NanosText => value.toString() as NanosText;

/** `12.5` units as nano-units; refuses more than nine decimals instead of rounding. */
export const nanosOf = (decimal: string): Nanos => {
  const match = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(decimal);
  if (!match) throw new RangeError(`not a decimal number with at most nine decimals: ${decimal}`);
  const [, sign, units = '0', fraction = ''] = match;
  const value = BigInt(units) * nanosPerUnit + BigInt(fraction.padEnd(9, '0'));
  return nanos(sign === '-' ? -value : value);
};

const nanoDigits = 9;

/** Nano-units, or what is finer by some digits, as a decimal number of units, without trailing zeros: `-0.000000001`, `12.5`, `3`. */
export const decimalOf = (value: bigint, digits = nanoDigits): string => {
  const magnitude = value < 0n ? -value : value;
  const perUnit = 10n ** BigInt(digits);
  const fraction = (magnitude % perUnit).toString().padStart(digits, '0').replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${magnitude / perUnit}${fraction ? `.${fraction}` : ''}`;
};
