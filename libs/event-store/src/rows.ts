import type { Event, Metadata, Recorded } from '@orrery/kernel';
import { withoutOrigin } from './origin.ts';
import type { PersonKey } from './person-keys.ts';
import type { Registry } from './registry.ts';
import type { Sealer } from './sealer.ts';

/** A row of `events`, as the driver gives it. */
export interface EventRow {
  readonly position: bigint;
  readonly transaction: bigint;
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly data: object;
  readonly metadata: Metadata;
  readonly recorded_at: Date;
  readonly person: string | null;
}

export const eventColumns = 'e.position, e.transaction, e.id, e.stream, e.version, e.type, e.data, e.metadata, e.recorded_at, e.person';

/** Enough of a row to know what happened. */
export type BareRow = Pick<EventRow, 'id' | 'type' | 'data' | 'person'>;
export const bareColumns = 'e.id, e.type, e.data, e.person';

type Keys = ReadonlyMap<string, PersonKey>;
const noKeys: Keys = new Map();

/** Opens stored events: personal fields unsealed, old shapes made today's. */
export class RowReader {
  private readonly registry: Registry;
  private readonly sealer: Sealer;

  constructor(registry: Registry, sealer: Sealer) {
    this.registry = registry;
    this.sealer = sealer;
  }

  async recorded<E extends Event>(rows: readonly EventRow[]): Promise<readonly Recorded<E>[]> {
    const keys = await this.keysFor(rows);
    return rows.map((row) => ({
      id: row.id,
      stream: row.stream,
      version: row.version,
      event: this.open<E>(row, keys),
      metadata: withoutOrigin(row.metadata),
      recordedAt: row.recorded_at,
      place: { transaction: row.transaction, position: row.position },
    }));
  }

  async bare<E extends Event>(rows: readonly BareRow[]): Promise<readonly E[]> {
    const keys = await this.keysFor(rows);
    return rows.map((row) => this.open<E>(row, keys));
  }

  /** Events of which none is sealed: their stored types, and their data in the same order. */
  plain<E extends Event>(types: readonly string[], data: readonly object[]): readonly E[] {
    return types.map((type, index) => this.today<E>(type, data[index] ?? {}));
  }

  private open<E extends Event>(row: BareRow, keys: Keys): E {
    return this.today<E>(row.type, row.person === null ? row.data : this.sealer.unseal(row.data, keys.get(row.person), row.id));
  }

  private today<E extends Event>(stored: string, storedData: object): E {
    const { type, data } = this.registry.read(stored, storedData);
    // The registry gives today's shape of what this service wrote; which union of events that is, the caller knows.
    return { type, data } as E;
  }

  private async keysFor(rows: readonly BareRow[]): Promise<Keys> {
    const persons = new Set<string>();
    for (const { person } of rows) if (person !== null) persons.add(person);
    return persons.size === 0 ? noKeys : await this.sealer.keysOf(persons);
  }
}
