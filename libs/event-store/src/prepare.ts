import type { Clock } from '@orrery/kernel';
import { v7 } from 'uuid';
import type { Change } from './change.ts';
import { originSeal } from './origin.ts';
import type { Registry } from './registry.ts';
import type { CellText } from './row-statement.ts';
import type { Sealer } from './sealer.ts';
import type { Table } from './table.ts';
import type { Fact, Once, Unit } from './unit.ts';
import type { View } from './view.ts';

/** A unit on its way to the database: checked, folded, turned into JSON; only to be sent. */
export interface Prepared {
  readonly unit: Unit;
  readonly facts: readonly Fact[];
  /** Rows of `events` and of `once`, cell by cell. */
  readonly events: readonly (readonly CellText[])[];
  readonly once: readonly CellText[] | undefined;
  readonly changes: readonly TableChanges[];
  /** What two units may not both touch in one transaction, so that one loser never fails its neighbours. */
  readonly keys: readonly string[];
  /** Characters to be sent, near enough. */
  readonly size: number;
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
  const facts: Fact[] = [];
  const events: CellText[][] = [];
  const { origin, ...known } = unit.metadata;
  const metadata = JSON.stringify(known);
  const sealOrigin = origin && originSeal(sealer, known, origin);
  const at = recordedAt.toISOString();
  for (const append of unit.appends) {
    let version = append.expected;
    for (const { id = v7(), type, data } of append.events) {
      version += 1;
      const { contract, stored } = registry.writerOf(type);
      const parsed = registry.parse(contract, data);
      facts.push({ id, stream: append.stream, version, event: { type, data: parsed }, metadata: known, recordedAt });
      const sealed = contract.personal ? await sealer.seal(contract.personal, parsed, id) : { data: parsed, person: null };
      // Only the first event of an append has a predecessor in the log to look for.
      const before = version === append.expected + 1 ? append.expected : 0;
      const text = JSON.stringify(sealed.data);
      const around = (await sealOrigin?.(id, type, parsed)) ?? metadata;
      events.push([id, append.stream, String(before), String(version), stored, text, around, at, sealed.person]);
    }
  }
  const once = unit.once && onceCells(unit.once, sealer);
  const writes = unit.writes ?? [];
  return {
    unit,
    facts,
    events,
    once,
    size: sizeOf(events) + sizeOf(once ? [once] : []) + sizeOf(writes.flatMap(({ changes }) => changes.map(cellsOf))),
    changes: [...views.flatMap((view) => foldInto(view, facts)), ...writes.map(({ into, changes }) => ({ table: into, changes }))],
    keys: keysOf(unit),
  };
};

const sizeOf = (rows: readonly (readonly unknown[])[]): number => {
  let size = 0;
  for (const cells of rows) for (const cell of cells) if (typeof cell === 'string') size += cell.length;
  return size;
};

const cellsOf = (change: Change): readonly unknown[] => {
  if ('put' in change) return Object.values(change.put);
  return 'patch' in change ? [...Object.values(change.set ?? {}), ...Object.values(change.from ?? {})] : [];
};

const foldInto = (view: View, facts: readonly Fact[]): readonly TableChanges[] => {
  const changes = facts.flatMap((fact) => view.fold(fact));
  return changes.length > 0 ? [{ table: view, changes }] : [];
};

const onceCells = ({ scope, key, hash, answer, sealed }: Once, sealer: Sealer): readonly CellText[] => {
  const text = answer === undefined ? null : JSON.stringify(answer);
  const isSealed = text !== null && sealed === true;
  return [scope, key, hash ?? null, isSealed ? sealer.sealText(text, onceBinding(scope, key)) : text, String(isSealed)];
};

/** What a sealed answer is bound to: moved to another row it cannot be opened. */
export const onceBinding = (scope: string, key: string): string => `once ${scope} ${key}`;

/** Whatever kind of thing a key is: two that only look alike take turns, which harms nobody. */
const keysOf = ({ appends, claims = [], once }: Unit): readonly string[] => {
  const keys = appends.map(({ stream }) => stream);
  if (new Set(keys).size < keys.length) throw new TypeError(`a unit appends once to each stream, not twice: ${keys.join(', ')}`);
  for (const { scope, key } of claims) keys.push(`${scope} ${key}`);
  if (once) keys.push(once.key);
  return keys;
};
