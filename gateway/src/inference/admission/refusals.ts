import { type Currency, decimalOf, instantOf } from '@orrery/contracts';
import { type Details, type EdgeRefusal, edgeFailure, type Failure } from '../../failure.ts';
import type { Answer, Meter, Reservation } from '../limits/meters.ts';
import { rateHeaders, type Standing, standings, waitMsOf } from './standing.ts';

/** Longer than this no client should wait in silence: its user must hear of it. */
const longestRetryMs = 60_000;

const codeOf = ({ kind, ...meter }: Meter): EdgeRefusal => {
  if (kind === 'places') return 'TooManyAtOnce';
  const isOfTokens = 'unit' in meter && meter.unit.startsWith('tokens');
  if (kind === 'rate') return isOfTokens ? 'TokensLimited' : 'RequestsLimited';
  return isOfTokens ? 'TokenBudgetSpent' : 'BudgetSpent';
};

const limitText = (meter: Meter, currency: Currency): string => {
  switch (meter.kind) {
    case 'rate':
      return String(meter.burst);
    case 'places':
      return String(meter.limit);
    case 'spend':
      return meter.unit === 'nanos' ? `${decimalOf(meter.limit)} ${currency}` : String(meter.limit);
  }
};

/** Which limit it was, for people and programs. */
const detailsOf = (meter: Meter, currency: Currency): Details => ({
  limitOf: meter.of,
  ...(meter.by === undefined ? {} : { setBy: meter.by }),
  ...(meter.kind === 'places' || meter.unit === 'nanos' ? {} : { unit: meter.unit }),
  limit: limitText(meter, currency),
  ...(meter.kind === 'spend' ? { period: meter.period, beginsAnewAt: instantOf(meter.endsAt) } : {}),
});

interface Asked {
  readonly now: number;
  readonly currency: Currency;
}

/** What keeps a request out the longest. */
const longest = (refused: readonly Standing[], now: number): Standing | undefined =>
  [...refused].sort((one, other) => waitMsOf(other, now) - waitMsOf(one, now))[0];

/** Why a request was not let in. Credit comes first: no waiting helps. */
export const refusalOf = ({ meters }: Reservation, answer: Answer, { now, currency }: Asked): Failure => {
  const all = standings(meters, answer);
  const headers = rateHeaders(meters, answer);
  const worst = longest(
    all.filter(({ stand }) => stand.isRefused),
    now,
  );
  if (worst === undefined || answer.credit?.isRefused) {
    return edgeFailure('InsufficientCredits', { headers: { ...headers, 'x-should-retry': 'false' } });
  }
  const waitMs = waitMsOf(worst, now);
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return edgeFailure(codeOf(worst.meter), {
    details: { ...detailsOf(worst.meter, currency), retryAfterSeconds },
    headers: {
      ...headers,
      'retry-after': String(retryAfterSeconds),
      ...(waitMs > longestRetryMs ? { 'x-should-retry': 'false' } : {}),
    },
  });
};
