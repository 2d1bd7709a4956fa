import type { Answer, Meter, Reservation, Stand, Use } from './meters.ts';
import { spentUnits, usedUnits } from './meters.ts';

interface Call {
  readonly keys: readonly string[];
  readonly given: readonly (string | number)[];
}

/** In braces stands what decides the slot of a Redis Cluster: all of an organization's keys lie together. */
const keyOf = (orgId: string, name: string): string => `orrery:inference:{${orgId}}:${name}`;

/** What organizations have keys of one kind for. */
export type PerOrg = 'open' | 'unsent' | 'credit' | `minute:${number}`;

export const patternOf = (kind: PerOrg): string => keyOf('*', kind);

export const orgOfKey = (key: string): string | undefined => /\{([^}]+)\}/.exec(key)?.[1];

export const openKeysOf = (orgId: string): readonly string[] => [keyOf(orgId, 'open'), keyOf(orgId, 'records')];

export const creditKeyOf = (orgId: string): string => keyOf(orgId, 'credit');

export const unsentKeyOf = (orgId: string): string => keyOf(orgId, 'unsent');

export const minuteKeyOf = (orgId: string, minute: number): string => keyOf(orgId, `minute:${minute}`);

const nameOf = ({ kind, key }: Meter): string => `${kind}:${key}`;

const meterKey = (orgId: string, meter: Meter): string => keyOf(orgId, nameOf(meter));

const keysOf = ({ orgId, meters }: Reservation): readonly string[] => [
  ...openKeysOf(orgId),
  creditKeyOf(orgId),
  ...meters.map((meter) => meterKey(orgId, meter)),
];

const limitOf = (meter: Meter): readonly (string | number)[] => {
  switch (meter.kind) {
    case 'rate':
      return [meter.kind, meter.interval, meter.burst, meter.units];
    case 'places':
      return [meter.kind, meter.limit, 0, 0];
    case 'spend':
      return [meter.kind, meter.limit.toString(), meter.keepSeconds, meter.units.toString()];
  }
};

export const reserveCall = (reservation: Reservation, { leaseMs, record }: { leaseMs: number; record: string }): Call => {
  const { requestId, cost, credit, meters } = reservation;
  const ledger = credit ? [(credit.balance + credit.booked).toString(), credit.booked.toString()] : ['', ''];
  return { keys: keysOf(reservation), given: [requestId, leaseMs, record, cost.toString(), ...ledger, ...meters.flatMap(limitOf)] };
};

const backOf = (meter: Meter, use: Use): readonly (string | number)[] => {
  switch (meter.kind) {
    case 'rate':
      return [meter.kind, meter.interval, meter.units - usedUnits(meter, use)];
    case 'places':
      return [meter.kind, 0, 0];
    case 'spend':
      return [meter.kind, (-meter.units).toString(), spentUnits(meter, use).toString()];
  }
};

/** All that it takes to settle a request: plain JSON, so that it can be noted for whoever finds the request unsettled. */
export interface Settling {
  readonly requestId: string;
  readonly orgId: string;
  /** What was set aside, with a minus. */
  readonly released: string;
  readonly cost: string;
  /** By their names in Redis, and for each what comes back. */
  readonly meters: readonly string[];
  readonly backs: readonly (string | number)[];
}

export const settlingOf = ({ requestId, orgId, cost, meters }: Reservation, use: Use): Settling => ({
  requestId,
  orgId,
  released: (-cost).toString(),
  cost: use.cost.toString(),
  meters: meters.map(nameOf),
  backs: meters.flatMap((meter) => backOf(meter, use)),
});

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

export const settleCall = ({ requestId, orgId, released, cost, meters, backs }: Settling, { text, minute, isLost }: Kept): Call => ({
  keys: [
    ...openKeysOf(orgId),
    creditKeyOf(orgId),
    unsentKeyOf(orgId),
    minuteKeyOf(orgId, minute),
    keyOf(orgId, `lost:${requestId}`),
    ...meters.map((name) => keyOf(orgId, name)),
  ],
  given: [requestId, released, cost, text, isLost ? 1 : 0, ...backs],
});

export const renewCall = ({ requestId, orgId, meters }: Reservation, { leaseMs, record }: { leaseMs: number; record: string }): Call => ({
  keys: [...openKeysOf(orgId), ...meters.filter(({ kind }) => kind === 'places').map((meter) => meterKey(orgId, meter))],
  given: [requestId, leaseMs, record],
});

const standAt = (answer: readonly (string | number)[], index: number): Stand => {
  const [refused = 0, left = '0', waitMicros = 0] = answer.slice(2 + 3 * index, 5 + 3 * index);
  return { isRefused: refused === 1, left: BigInt(left), waitMicros: Number(waitMicros) };
};

export const readAnswer = (answer: readonly (string | number)[], { credit, meters }: Reservation): Answer => ({
  isAllowed: answer[0] === 1,
  credit: credit && standAt(answer, 0),
  meters: meters.map((_, index) => standAt(answer, index + 1)),
});
