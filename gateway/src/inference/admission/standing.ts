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

const words: Readonly<Record<RateMeter['unit'], string>> = {
  requests: 'requests',
  tokens: 'tokens',
  'tokens.input': 'input-tokens',
  'tokens.output': 'output-tokens',
};

const isRate = (standing: Standing): standing is Standing<RateMeter> => standing.meter.kind === 'rate';

/** How a caller stands with requests and tokens a minute: of several limits of a kind, the one that has the least left. */
export const rateHeaders = (all: readonly Standing[]): Readonly<Record<string, string>> => {
  const tightest = new Map<RateMeter['unit'], Standing<RateMeter>>();
  for (const standing of all.filter(isRate)) {
    const known = tightest.get(standing.meter.unit);
    if (known === undefined || standing.stand.left < known.stand.left) tightest.set(standing.meter.unit, standing);
  }
  return Object.fromEntries(
    [...tightest].flatMap(([unit, standing]) => [
      [`x-ratelimit-limit-${words[unit]}`, String(standing.meter.burst)],
      [`x-ratelimit-remaining-${words[unit]}`, String(standing.stand.left > 0n ? standing.stand.left : 0n)],
      [`x-ratelimit-reset-${words[unit]}`, durationText(resetMsOf(standing))],
    ]),
  );
};
