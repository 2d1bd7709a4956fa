import type { EventContracts } from '@orrery/contracts';
import { storedType } from '@orrery/contracts';
import { type Clock, type Event, type Metadata, type Place, type Recorded, systemClock } from '@orrery/kernel';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { poolOf } from './database.ts';
import { ClaimTaken, Repeated, VersionConflict } from './errors.ts';
import { Registry, type Upcaster } from './registry.ts';
import type { Committed, Fact, Unit } from './unit.ts';

export interface EventStoreOptions {
  /** Opened with `openDatabase`, migrated with `migrate`. */
  readonly dataSource: DataSource;
  /** The service whose log this is. */
  readonly service: string;
  /** Every event this log may hold. */
  readonly events: readonly EventContracts[];
  readonly upcasters?: readonly Upcaster[];
  readonly clock?: Clock;
}

export interface Loaded<E extends Event = Event> {
  readonly events: readonly Recorded<E>[];
  readonly version: number;
}

interface EventRow {
  readonly position: bigint;
  readonly transaction: bigint;
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly data: object;
  readonly metadata: Metadata;
  readonly recorded_at: Date;
}

const columns = 'e.position, e.transaction, e.id, e.stream, e.version, e.type, e.data, e.metadata, e.recorded_at';

/** A service's log, behind the kernel's types. */
export class EventStore {
  readonly service: string;
  readonly registry: Registry;
  readonly dataSource: DataSource;
  readonly pool: pg.Pool;
  private readonly clock: Clock;

  constructor(options: EventStoreOptions) {
    this.service = options.service;
    this.registry = new Registry(options.events, options.upcasters ?? []);
    this.dataSource = options.dataSource;
    this.pool = poolOf(options.dataSource);
    this.clock = options.clock ?? systemClock;
  }

  /** All or nothing. Throws VersionConflict, ClaimTaken or Repeated, and then nothing has changed. */
  async commit(unit: Unit): Promise<Committed> {
    const facts = this.factsOf(unit);
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await this.write(client, unit, facts);
      await client.query('COMMIT');
      await client.query(`NOTIFY ${notifyChannel}`);
      return { facts };
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }

  async load<E extends Event = Event>(stream: string): Promise<Loaded<E>> {
    const { rows } = await this.pool.query<EventRow>({
      name: 'load',
      text: `SELECT ${columns} FROM events e WHERE e.stream = $1 ORDER BY e.version`,
      values: [stream],
    });
    return { events: rows.map((row) => this.recordedOf<E>(row)), version: rows.length };
  }

  /** The log in its one order, never past an unfinished transaction: nothing is skipped, nothing comes twice. */
  async readLog(after: Place, limit: number): Promise<readonly Recorded[]> {
    const { rows } = await this.pool.query<EventRow>({
      name: 'read-log',
      text: `SELECT ${columns} FROM events e
        WHERE (e.transaction, e.position) > ($1::xid8, $2::bigint) AND e.transaction < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY e.transaction, e.position LIMIT $3`,
      values: [after.transaction.toString(), after.position, limit],
    });
    return rows.map((row) => this.recordedOf(row));
  }

  private factsOf(unit: Unit): Fact[] {
    const recordedAt = new Date(this.clock.now());
    return unit.appends.flatMap(({ stream, expected, events }) =>
      events.map(({ id, type, data }, index) => ({
        id: id ?? v7(),
        stream,
        version: expected + index + 1,
        event: { type, data: this.registry.parse(type, data) },
        metadata: unit.metadata,
        recordedAt,
      })),
    );
  }

  private async write(client: pg.PoolClient, unit: Unit, facts: readonly Fact[]): Promise<void> {
    for (const { stream, expected } of unit.appends) {
      const { rows } = await client.query<{ version: number }>(
        'SELECT coalesce(max(version), 0) AS version FROM events WHERE stream = $1',
        [stream],
      );
      if (rows[0]?.version !== expected) throw new VersionConflict(stream, expected);
    }
    for (const fact of facts) {
      const type = storedType(this.registry.contractOf(fact.event.type));
      await conflictOn('events_stream_version', new VersionConflict(fact.stream, fact.version - 1), () =>
        client.query('INSERT INTO events (id, stream, version, type, data, metadata, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7)', [
          fact.id,
          fact.stream,
          fact.version,
          type,
          fact.event.data,
          fact.metadata,
          fact.recordedAt,
        ]),
      );
    }
    for (const claim of unit.claims ?? []) {
      if ('take' in claim) {
        await conflictOn('claims_key', new ClaimTaken(claim.scope, claim.key), () =>
          client.query('INSERT INTO claims (scope, key, stream) VALUES ($1, $2, $3)', [claim.scope, claim.key, claim.take]),
        );
      } else {
        await client.query('DELETE FROM claims WHERE scope = $1 AND key = $2 AND stream = $3', [claim.scope, claim.key, claim.release]);
      }
    }
    const { once } = unit;
    if (once) {
      await conflictOn('once_key', new Repeated(once), () =>
        client.query('INSERT INTO once (scope, key, hash, answer) VALUES ($1, $2, $3, $4)', [
          once.scope,
          once.key,
          once.hash,
          once.answer === undefined ? null : JSON.stringify(once.answer),
        ]),
      );
    }
  }

  private recordedOf<E extends Event = Event>(row: EventRow): Recorded<E> {
    const { type, data } = this.registry.read(row.type, row.data);
    return {
      id: row.id,
      stream: row.stream,
      version: row.version,
      // The registry gives today's shape of what this service wrote; which union of events that is, the caller knows.
      event: { type, data } as E,
      metadata: row.metadata,
      recordedAt: row.recorded_at,
      place: { transaction: row.transaction, position: row.position },
    };
  }
}

/** Whoever waits for new events of a database listens here. A notice may be lost with its sender: also poll. */
export const notifyChannel = 'orrery_events';

const conflictOn = async (constraint: string, conflict: Error, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.constraint === constraint) throw conflict;
    throw error;
  }
};
