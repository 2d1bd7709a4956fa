import type { Meter, Reservation, Terms, Use } from './meters.ts';
import { spentUnits, usedUnits } from './meters.ts';
import { meterKey, openKeysOf, termsOf } from './terms.ts';

export interface Call {
  readonly keys: readonly string[];
  readonly given: readonly (string | number)[];
}

/** All that it takes to settle a request. */
export interface Settling {
  readonly requestId: string;
  readonly orgId: string;
  /** What was set aside, with a minus. */
  readonly released: string;
  readonly cost: string;
  readonly terms: Terms;
  /** What comes back to each of its meters, in their order: two numbers for each. */
  readonly backs: string;
}

const backOf = (meter: Meter, use: Use): string => {
  switch (meter.kind) {
    case 'rate':
      return `${meter.units - usedUnits(meter, use)} 0`;
    case 'places':
      return '0 0';
    case 'spend':
      return `${-meter.units} ${spentUnits(meter, use)}`;
  }
};

export const settlingOf = (reservation: Reservation, use: Use): Settling => {
  const { requestId, orgId, cost, meters } = reservation;
  let backs = '';
  for (const meter of meters) backs += `${backOf(meter, use)} `;
  return { requestId, orgId, released: `${-cost}`, cost: `${use.cost}`, terms: termsOf(reservation), backs };
};

/** What is kept of a request beside its limits, until it has been told. */
export interface Kept {
  /** Empty: nothing is. */
  readonly text: string;
  /** By which limits and usage are compared. */
  readonly minute: number;
  /** It is settled by somebody else than who let it in. */
  readonly isLost: boolean;
}

export const nothingKept: Kept = { text: '', minute: 0, isLost: false };

export const renewCall = ({ requestId, orgId, meters }: Reservation, { leaseMs, record }: { leaseMs: number; record: string }): Call => ({
  keys: [...openKeysOf(orgId), ...meters.filter(({ kind }) => kind === 'places').map((meter) => meterKey(orgId, meter))],
  given: [requestId, leaseMs, record],
});
