import { storedType } from '@orrery/contracts';
import type { Clock } from '@orrery/kernel';
import { v7 } from 'uuid';
import type { Change } from './change.ts';
import type { Registry } from './registry.ts';
import type { Sealer } from './sealer.ts';
import type { Table } from './table.ts';
import type { Append, Fact, Once, Unit } from './unit.ts';
import type { View } from './view.ts';

/** A unit on its way to the database: checked, folded, turned into JSON; only to be sent. */
export interface Prepared {
  readonly unit: Unit;
  readonly facts: readonly Fact[];
  /** Rows of `events` and of `once`, as JSON text. */
  readonly events: readonly string[];
  readonly once: string | undefined;
  readonly changes: readonly TableChanges[];
  /** What two units may not both touch in one transaction, so that one loser never fails its neighbours. */
  readonly keys: readonly string[];
}

export interface TableChanges {
  readonly table: Table;
  readonly changes: readonly Change[];
}

export interface Preparation {
  readonly registry: Registry;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** Those that follow appends. */
  readonly views: readonly View[];
}

export const prepareUnit = async (unit: Unit, { registry, sealer, clock, views }: Preparation): Promise<Prepared> => {
  const recordedAt = new Date(clock.now());
  const facts = unit.appends.flatMap((append) => factsOf(append, unit, registry, recordedAt));
  const metadata = JSON.stringify(unit.metadata);
  const expected = new Map(unit.appends.map((append) => [append.stream, append.expected]));
  const events: string[] = [];
  for (const fact of facts) {
    const contract = registry.contractOf(fact.event.type);
    const sealed = contract.personal
      ? await sealer.seal(contract.personal, fact.event.data, fact.id)
      : { data: fact.event.data, person: undefined };
    // Only the first event of an append has a predecessor in the log to look for.
    const before = fact.version === (expected.get(fact.stream) ?? 0) + 1 ? fact.version - 1 : 0;
    const head = { i: fact.id, s: fact.stream, e: before, v: fact.version, t: storedType(contract), a: recordedAt, p: sealed.person };
    events.push(`${JSON.stringify(head).slice(0, -1)},"m":${metadata},"d":${JSON.stringify(sealed.data)}}`);
  }
  return {
    unit,
    facts,
    events,
    once: unit.once && JSON.stringify(onceRow(unit.once, sealer)),
    changes: [
      ...views.flatMap((view) => foldInto(view, facts)),
      ...(unit.writes ?? []).map(({ into, changes }) => ({ table: into, changes })),
    ],
    keys: keysOf(unit),
  };
};

const factsOf = ({ stream, expected, events }: Append, { metadata }: Unit, registry: Registry, recordedAt: Date): Fact[] =>
  events.map(({ id, type, data }, index) => ({
    id: id ?? v7(),
    stream,
    version: expected + index + 1,
    event: { type, data: registry.parse(type, data) },
    metadata,
    recordedAt,
  }));

const foldInto = (view: View, facts: readonly Fact[]): readonly TableChanges[] => {
  const changes = facts.flatMap((fact) => view.fold(fact));
  return changes.length > 0 ? [{ table: view, changes }] : [];
};

const onceRow = ({ scope, key, hash, answer, sealed }: Once, sealer: Sealer): object => {
  const text = answer === undefined ? null : JSON.stringify(answer);
  const kept = text !== null && sealed === true;
  return { s: scope, k: key, h: hash, a: kept ? sealer.sealText(text, onceBinding(scope, key)) : text, z: kept };
};

/** What a sealed answer is bound to: moved to another row it cannot be opened. */
export const onceBinding = (scope: string, key: string): string => `once ${scope} ${key}`;

const keysOf = ({ appends, claims = [], once }: Unit): readonly string[] => [
  ...appends.map(({ stream }) => `stream ${stream}`),
  ...claims.map(({ scope, key }) => `claim ${scope} ${key}`),
  ...(once ? [`once ${once.scope} ${once.key}`] : []),
];
