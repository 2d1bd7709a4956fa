import type { Answer, Meter, RateMeter, Stand } from '../limits/meters.ts';

/** A meter, and how it stands. */
export interface Standing<M extends Meter = Meter> {
  readonly meter: M;
  readonly stand: Stand;
}

export const standings = (meters: readonly Meter[], answer: Answer): readonly Standing[] =>
  meters.flatMap((meter, index) => {
    const stand = answer.meters[index];
    return stand ? [{ meter, stand }] : [];
  });

/** Places come free when other requests end: nobody knows when. */
const placeMs = 1_000;

/** Milliseconds after which another try is not in vain, as far as one meter knows. */
export const waitMsOf = ({ meter, stand }: Standing, now: number): number => {
  switch (meter.kind) {
    case 'rate':
      return stand.waitMicros / 1e3;
    case 'places':
      return placeMs;
    case 'spend':
      return Math.max(0, meter.endsAt - now);
  }
};

/** Milliseconds until an allowance is whole again. */
const resetMsOf = ({ meter, stand }: Standing<RateMeter>): number =>
  Math.max(0, (meter.interval * (meter.burst - Number(stand.left))) / 1e3);

/** `1m30s`, `250ms`: as clients of OpenAI read it. */
export const durationText = (ms: number): string => {
  const rest = Math.ceil(ms);
  if (rest < 1_000) return `${rest}ms`;
  const seconds = Math.ceil(rest / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
};

const namesOf = (word: string) => ({
  limit: `x-ratelimit-limit-${word}`,
  remaining: `x-ratelimit-remaining-${word}`,
  reset: `x-ratelimit-reset-${word}`,
});

const names = [
  ['requests', namesOf('requests')],
  ['tokens', namesOf('tokens')],
  ['tokens.input', namesOf('input-tokens')],
  ['tokens.output', namesOf('output-tokens')],
] as const;

/** Of several limits of a kind, the one that has the least left. */
const tightest = (unit: RateMeter['unit'], meters: readonly Meter[], answer: Answer): Standing<RateMeter> | undefined => {
  let found: Standing<RateMeter> | undefined;
  for (let index = 0; index < meters.length; index += 1) {
    const [meter, stand] = [meters[index], answer.meters[index]];
    if (meter?.kind !== 'rate' || meter.unit !== unit || stand === undefined) continue;
    if (found === undefined || stand.left < found.stand.left) found = { meter, stand };
  }
  return found;
};

/** How a caller stands with requests and tokens a minute. */
export const rateHeaders = (meters: readonly Meter[], answer: Answer): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = {};
  for (const [unit, { limit, remaining, reset }] of names) {
    const standing = tightest(unit, meters, answer);
    if (standing === undefined) continue;
    headers[limit] = String(standing.meter.burst);
    headers[remaining] = String(standing.stand.left > 0n ? standing.stand.left : 0n);
    headers[reset] = durationText(resetMsOf(standing));
  }
  return headers;
};
