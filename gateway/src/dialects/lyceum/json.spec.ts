import { decimalOf } from '@orrery/contracts';
import fc from 'fast-check';
import { nanos } from '../../../test/fixtures/lyceum-samples.ts';
import { step } from './executions.ts';
import { credits, creditsText, Decimal, perHour, seconds, stringify, type Writable } from './json.ts';
import { moment } from './moment.ts';

describe('Money', () => {
  it('is written to the last nano-unit, as a string and as a number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 29n), max: 10n ** 29n }), (value) => {
        const text = decimalOf(value);
        expect(creditsText(nanos(value))).toBe(text);
        expect(stringify({ amount: credits(nanos(value)) })).toBe(`{"amount":${text}}`);
        expect(() => JSON.parse(stringify(credits(nanos(value))))).not.toThrow();
      }),
    );
  });

  it('does not pass through a float on its way', () => {
    expect(stringify([credits(nanos(12_345_678_901_234_567_890n)), credits(nanos(1n)), credits(nanos(-1n)), credits(nanos(0n))])).toBe(
      '[12345678901.23456789,0.000000001,-0.000000001,0]',
    );
  });

  it('costs 3600 times in an hour what it costs in a second', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), (value) => expect(perHour(nanos(value))).toBe(decimalOf(value * 3_600n))),
    );
  });
});

describe('Time', () => {
  it('is written in seconds to the last millisecond', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), (ms) => {
        expect(Number(seconds(ms).text) * 1_000).toBeCloseTo(ms, 5);
        expect(seconds(ms).text).toMatch(/^\d+(\.\d{0,2}[1-9])?$/);
      }),
    );
  });

  it.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05+01:00', '2026-01-02T02:04:05.000Z'],
    ['2026-01-02T03:04:05.123456', '2026-01-02T03:04:05.123Z'],
  ])('%s is read as %s', (text, instant) => expect(moment.parse(text)).toBe(instant));

  it.each([
    ['15s', 15],
    ['2m', 120],
    ['1h', 3_600],
    ['30', 30],
    [undefined, 15],
  ])('a step of %s is %d seconds', (text, expected) => expect(step.parse(text)).toBe(expected));
});

describe('JSON with decimals', () => {
  it('is what JSON.stringify writes where there are none', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => expect(stringify(value as Writable)).toBe(JSON.stringify(value))));
    expect(stringify({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
  });

  it('takes nothing for a number that is none', () => {
    for (const text of ['', '1.', '.5', '01', 'NaN', '1e3', '1 ']) expect(() => new Decimal(text)).toThrow(RangeError);
  });
});
