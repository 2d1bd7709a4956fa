import type { Answer, Meter, Reservation, Stand, Use } from './meters.ts';
import { spentUnits, usedUnits } from './meters.ts';

interface Call {
  readonly keys: readonly string[];
  readonly given: readonly (string | number)[];
}

/** In braces stands what decides the slot of a Redis Cluster: all of an organization's keys lie together. */
const keyOf = (orgId: string, name: string): string => `orrery:inference:{${orgId}}:${name}`;

export const openKeyPattern = keyOf('*', 'open');

export const orgOfOpenKey = (key: string): string | undefined => /\{([^}]+)\}:open$/.exec(key)?.[1];

export const openKeysOf = (orgId: string): readonly string[] => [keyOf(orgId, 'open'), keyOf(orgId, 'records')];

const meterKey = (orgId: string, { kind, key }: Meter): string => keyOf(orgId, `${kind}:${key}`);

const keysOf = ({ orgId, meters }: Reservation): readonly string[] => [
  ...openKeysOf(orgId),
  keyOf(orgId, 'credit'),
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

export const settleCall = (reservation: Reservation, use: Use): Call => {
  const { requestId, cost, meters } = reservation;
  const backs = meters.flatMap((meter) => backOf(meter, use));
  return { keys: keysOf(reservation), given: [requestId, (-cost).toString(), use.cost.toString(), ...backs] };
};

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
