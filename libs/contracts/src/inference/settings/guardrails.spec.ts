import { Guardrails } from './guardrails.ts';

/** Each term is another one. */
const guardrail = (name: string, count: number, filling: string) => ({
  kind: 'terms',
  name,
  action: 'block',
  terms: Array.from({ length: count }, (_, index) => `${String(index).padStart(10, '0')}${filling}`),
});

describe('Terms of guardrails', () => {
  it('have so many characters in all, and no more', () => {
    const full = guardrail('full', 1_000, 'x'.repeat(90));
    expect(Guardrails.safeParse([full]).success).toBe(true);
    expect(Guardrails.safeParse([full, guardrail('more', 1, 'x')]).error?.issues[0]?.message).toMatch(/characters/);
  });

  it('count as they are compared: a ligature as its letters', () => {
    expect(Guardrails.safeParse([guardrail('wide', 400, '\ufdfa'.repeat(20))]).success).toBe(false);
  });
});
