import fc from 'fast-check';
import { roomBeside, tokensFor, unboundedOutput } from './tokens.ts';

const model = { contextLength: 1_000, maxOutputTokens: 200 };
const unbounded = { contextLength: null, maxOutputTokens: null };

describe('What is set aside for a request, in tokens', () => {
  it.each([
    ['what the client lets an answer have', model, { input: 100, output: 50 }, { input: 100, output: 50 }],
    ['what the model can give, where the client lets it have more', model, { input: 100, output: 500 }, { input: 100, output: 200 }],
    ['what the model can give, where the client says nothing', model, { input: 100 }, { input: 100, output: 200 }],
    ['the whole answer, however long its prompt seems', model, { input: 900 }, { input: 900, output: 200 }],
    ['the context, where the model has no other bound', { ...model, maxOutputTokens: null }, { input: 100 }, { input: 100, output: 1_000 }],
    ['a context that seems full, and the answer all the same', model, { input: 5_000 }, { input: 1_000, output: 200 }],
    ['that for each answer', model, { input: 100, output: 50, choices: 3 }, { input: 100, output: 150 }],
    ['a context for each prompt', model, { input: 2_850, choices: 3, prompts: 3 }, { input: 2_850, output: 600 }],
    ['as many contexts as there are prompts', model, { input: 9_000, choices: 3, prompts: 3 }, { input: 3_000, output: 600 }],
    ['a usual answer, where nobody says anything', unbounded, { input: 7 }, { input: 7, output: unboundedOutput }],
    [
      'a sum that can be added up, whatever is asked for',
      unbounded,
      { input: 1e300, output: 1e300, choices: 1e300 },
      { input: 1e8, output: 1e8 },
    ],
    ['something, for what makes no sense', unbounded, { input: Number.NaN, output: -5, choices: 0 }, { input: 0, output: 1 }],
  ])('is %s', (_, bounds, asked, expected) =>
    expect(tokensFor(bounds, { ...asked, mostInput: asked.input })).toEqual({ ...expected, mostInput: expected.input }),
  );

  it('is of a prompt what it comes to about, and what it cannot be more than where that fits', () => {
    const asked = { input: 100, mostInput: 400, output: 50 };
    expect(tokensFor(model, asked)).toEqual({ input: 100, mostInput: 400, output: 50 });
    expect(tokensFor(model, { ...asked, mostInput: 9_000 }).mostInput).toBe(1_000);
    expect(tokensFor(model, { ...asked, mostInput: 0 }).mostInput).toBe(100);
  });

  it('is never more than fits, and never nothing', () => {
    const bound = fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: null });
    const asked = fc.record({ input: fc.nat(2_000_000), output: fc.option(fc.nat(2_000_000), { nil: undefined }) });
    fc.assert(
      fc.property(fc.record({ contextLength: bound, maxOutputTokens: bound }), asked, (bounds, wish) => {
        const { input, output } = tokensFor(bounds, { ...wish, mostInput: wish.input });
        expect(output).toBeGreaterThanOrEqual(1);
        expect(output).toBeLessThanOrEqual(Math.max(1, wish.output ?? Number.POSITIVE_INFINITY));
        expect(output).toBeLessThanOrEqual(bounds.maxOutputTokens ?? Number.POSITIVE_INFINITY);
        expect(Math.max(input, output)).toBeLessThanOrEqual(bounds.contextLength ?? Number.POSITIVE_INFINITY);
        // What white space makes of a prompt leaves the answer as it is.
        expect(tokensFor(bounds, { ...wish, input: wish.input * 9, mostInput: wish.input * 9 }).output).toBe(output);
      }),
    );
  });
});

describe('What an upstream is told that an answer may have', () => {
  const told: readonly [string, readonly [number, number, number | null], number][] = [
    ['all of it, where nobody knows the context', [900, 500, null], 500],
    ['all of it, where there is room', [100, 500, 1_000], 500],
    ['what is left of the context', [900, 500, 1_000], 100],
    ['a quarter of the context, where the prompt seems to fill it', [1_000, 500, 1_000], 250],
    ['no more than was set aside, there too', [5_000, 20, 1_000], 20],
  ];
  it.each(told)('is %s', (_, given, expected) => expect(roomBeside(...given)).toBe(expected));
});
