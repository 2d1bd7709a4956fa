import type { EventContracts } from '@orrery/contracts';
import { type Clock, systemClock } from '@orrery/kernel';
import { logOf, metrics } from '@orrery/telemetry';
import type { DataSource } from 'typeorm';
import { Keyring } from './aes.ts';
import { commitPool, poolOf } from './database.ts';
import { Repeated } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import { measured } from './instruments.ts';
import { LogReader } from './log-reader.ts';
import { Notifier } from './notifier.ts';
import { type EventOrigin, originsOf } from './origin.ts';
import { PersonKeys } from './person-keys.ts';
import { onceBinding, type Preparation, type Prepared, prepareUnit } from './prepare.ts';
import { Registry, type Upcaster } from './registry.ts';
import { RowReader } from './rows.ts';
import { Sealer } from './sealer.ts';
import type { Table } from './table.ts';
import { TableReader } from './table-reader.ts';
import type { Committed, Unit } from './unit.ts';
import type { View } from './view.ts';

export interface EventStoreOptions {
  /** Opened with `openDatabase`, migrated with `migrate`. The store never closes it. */
  readonly dataSource: DataSource;
  /** The service whose log this is. */
  readonly service: string;
  /** Every event this log may hold. */
  readonly events: readonly EventContracts[];
  readonly upcasters?: readonly Upcaster[];
  readonly views?: readonly View[];
  /** Key-encryption keys of 32 bytes: the first seals, all of them open. Needed for personal fields and sealed answers. */
  readonly keks?: readonly Uint8Array[];
  readonly clock?: Clock;
  /** Transactions in flight at once. */
  readonly lanes?: number;
  /** Appends that may wait for a lane before the next one is refused with `Overloaded`. */
  readonly maxWaiting?: number;
}

/** What was kept when a command or message had its effect. */
export interface Kept {
  readonly hash: string | undefined;
  readonly answer: unknown;
}

interface OnceRow {
  readonly hash: string | null;
  readonly answer: string | null;
  readonly sealed: boolean;
}

/** A service's log, behind the kernel's types. */
export class EventStore extends LogReader {
  readonly service: string;
  readonly registry: Registry;
  readonly views: readonly View[];
  readonly dataSource: DataSource;
  readonly sealer: Sealer;
  /** What events are stamped by. */
  readonly clock: Clock;
  private readonly preparation: Preparation;
  private readonly commits: GroupCommit;
  private readonly notifier: Notifier;

  constructor(options: EventStoreOptions) {
    const pool = poolOf(options.dataSource);
    const keyring = options.keks && options.keks.length > 0 ? new Keyring(options.keks) : undefined;
    const sealer = new Sealer(keyring && new PersonKeys(pool, keyring), keyring);
    const registry = new Registry(options.events, options.upcasters ?? []);
    super(pool, new RowReader(registry, sealer));
    const { service, dataSource, views = [], clock = systemClock, lanes = 2, maxWaiting = 10_000 } = options;
    const log = logOf('event-store');
    this.notifier = new Notifier(pool, (error) => log.warn({ error }, 'could not notify of new events; readers will find them by polling'));
    this.service = service;
    this.registry = registry;
    this.views = views;
    this.dataSource = dataSource;
    this.sealer = sealer;
    this.clock = clock;
    this.preparation = { registry, sealer, clock, views: views.filter(({ follows }) => follows !== 'log') };
    this.commits = new GroupCommit({
      service,
      pool: commitPool(dataSource, lanes),
      lanes,
      maxWaiting,
      onRepeated: (prepared) => this.refuseRepeated(prepared),
      onCommitted: (events) => {
        if (events === 0) return;
        metrics.appended.add(events, { service });
        this.notifier.ring();
      },
    });
  }

  /** All or nothing, in one round trip. Throws VersionConflict, ClaimTaken or Repeated, and then nothing has changed. */
  commit(unit: Unit): Promise<Committed> {
    return measured(this.service, unit, async (traced) => {
      const prepared = await prepareUnit(traced, this.preparation);
      await this.commits.commit(prepared);
      return { facts: prepared.facts };
    });
  }

  /** What was kept under this key, if it had its effect. */
  async kept(scope: string, key: string): Promise<Kept | undefined> {
    const { rows } = await this.pool.query<OnceRow>({
      name: 'orrery-kept',
      text: 'SELECT hash, answer, sealed FROM once WHERE scope = $1 AND key = $2',
      values: [scope, key],
    });
    const [row] = rows;
    if (!row) return undefined;
    const text = row.sealed && row.answer !== null ? this.sealer.openText(row.answer, onceBinding(scope, key)) : row.answer;
    return { hash: row.hash ?? undefined, answer: text === null ? undefined : JSON.parse(text) };
  }

  /** Where the requests behind events came from, of those that are audited and whose person is not erased. */
  originsOf(eventIds: readonly string[]): Promise<readonly EventOrigin[]> {
    return originsOf(this.pool, this.sealer, eventIds);
  }

  /** The stream that holds a claim. */
  async holderOf(scope: string, key: string): Promise<string | undefined> {
    const { rows } = await this.pool.query<{ stream: string }>({
      name: 'orrery-holder-of',
      text: 'SELECT stream FROM claims WHERE scope = $1 AND key = $2',
      values: [scope, key],
    });
    return rows[0]?.stream;
  }

  /** Queries on a view or another declared table. */
  read<T extends Table>(table: T): TableReader<T> {
    return new TableReader(this.pool, table);
  }

  /** Takes no more appends and waits for those under way. */
  async close(): Promise<void> {
    await this.commits.close();
    await this.notifier.close();
  }

  private async refuseRepeated({ unit: { once } }: Prepared): Promise<never> {
    if (!once) throw new TypeError('a unit without a key cannot be repeated');
    const kept = await this.kept(once.scope, once.key);
    throw new Repeated({ scope: once.scope, key: once.key, ...kept });
  }
}
