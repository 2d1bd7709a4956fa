import { decimalOf, type NanosText, parseNanos } from '@orrery/contracts';

/** A JSON number written digit by digit, for amounts that a float would round. */
export class Decimal {
  readonly text: string;
  constructor(text: string) {
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) throw new RangeError(`not a JSON number: ${text}`);
    this.text = text;
  }
}

export type Writable = null | boolean | number | string | Decimal | undefined | readonly Writable[] | { readonly [name: string]: Writable };

/** `JSON.stringify` for values with decimals in them. */
export const stringify = (value: Writable): string => {
  if (value instanceof Decimal) return value.text;
  if (Array.isArray(value)) return `[${value.map((item: Writable) => stringify(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${stringify(inner)}`).join(',')}}`;
};

/** Credits as the API writes them where it writes a string. */
export const creditsText = (amount: NanosText): string => decimalOf(parseNanos(amount));

/** Credits as the API writes them where it writes a number: exact, to the last nano-unit. */
export const credits = (amount: NanosText): Decimal => new Decimal(creditsText(amount));

const millisPerSecond = 1_000n;

/** Milliseconds as a number of seconds. */
export const seconds = (ms: number): Decimal => {
  const whole = BigInt(ms);
  const fraction = (whole % millisPerSecond).toString().padStart(3, '0').replace(/0+$/, '');
  return new Decimal(`${whole / millisPerSecond}${fraction ? `.${fraction}` : ''}`);
};

const secondsPerHour = 3_600n;

/** What an hour costs, of what a second costs. */
export const perHour = (nanosPerSecond: NanosText): string => decimalOf(parseNanos(nanosPerSecond) * secondsPerHour);
