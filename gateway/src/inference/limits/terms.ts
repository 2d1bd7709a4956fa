import type { Meter, Reservation, Terms } from './meters.ts';

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

/** The mark of a request that another than who let it in has settled. */
export const lostKeyOf = (orgId: string, requestId: string): string => keyOf(orgId, `lost:${requestId}`);

const nameOf = ({ kind, key }: Meter): string => `${kind}:${key}`;

export const meterKey = (orgId: string, meter: Meter): string => keyOf(orgId, nameOf(meter));

const boundsOf = (meter: Meter): string => {
  switch (meter.kind) {
    case 'rate':
      return `rate ${meter.interval} ${meter.burst}`;
    case 'places':
      return `places ${meter.limit} 0`;
    case 'spend':
      return `spend ${meter.limit} ${meter.keepSeconds}`;
  }
};

export const termsNamed = (orgId: string, names: readonly string[], text: string): Terms => ({
  names,
  keys: names.map((name) => keyOf(orgId, name)),
  text,
});

export const termsFor = (orgId: string, meters: readonly Meter[]): Terms =>
  termsNamed(orgId, meters.map(nameOf), meters.map(boundsOf).join(' '));

/** As they were worked out before, or now. */
export const termsOf = ({ orgId, meters, terms }: Reservation): Terms => terms ?? termsFor(orgId, meters);
