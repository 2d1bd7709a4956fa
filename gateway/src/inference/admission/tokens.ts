import type { SetAside } from '../accounting/estimate.ts';
import type { AskedTokens, OfferedModel } from './offer.ts';

type Bounds = Pick<OfferedModel, 'contextLength' | 'maxOutputTokens'>;

/** What is set aside for an answer where neither the client nor the catalog says how long it can become. */
export const unboundedOutput = 4_096;
/** Nobody offers so many; whoever asks for them must not make numbers that nobody can add up. */
const mostTokens = 100_000_000;
const mostChoices = 1_000_000;

const whole = (value: number, most: number): number => Math.min(most, Math.max(0, Math.ceil(Number.isNaN(value) ? 0 : value)));
const several = (count = 1): number => Math.max(1, whole(count, mostChoices));

/**
 * The most tokens that a request can come to: its prompts, and of each answer as much as the client lets it have, the model can give, and the
 * context holds. The prompt takes nothing from that: what was counted of it is a guess from its bytes, and white space or escapes in JSON make it several
 * times too high, so that next to nothing would be set aside for an answer that becomes long. An answer can always come to one token.
 */
export const tokensFor = (
  { contextLength, maxOutputTokens }: Bounds,
  { input, mostInput, output, choices, prompts }: AskedTokens,
): SetAside => {
  const room = Math.min(mostTokens, (contextLength ?? mostTokens) * several(prompts));
  const read = whole(input, room);
  const bounds = [output, maxOutputTokens, contextLength].filter((bound): bound is number => typeof bound === 'number');
  const each = Math.max(1, whole(bounds.length === 0 ? unboundedOutput : Math.min(...bounds), mostTokens));
  return { input: read, mostInput: Math.max(read, whole(mostInput, room)), output: whole(each * several(choices), mostTokens) };
};

/**
 * How long an upstream is told that an answer may become where the client did not say: of what was set aside for it, as much as the context has room for
 * beside the prompt. One that seems to fill the context is refused there, or shorter than it seems.
 */
export const roomBeside = (input: number, each: number, contextLength: number | null): number => {
  if (contextLength === null) return each;
  const left = contextLength - input;
  return Math.min(each, left > 0 ? left : Math.ceil(contextLength / 4));
};
