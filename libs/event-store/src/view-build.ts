import { comparePlaces, logStart, type Place, type Recorded } from '@orrery/kernel';
import pg from 'pg';
import { writeCheckpoint } from './checkpoint.ts';
import { Effects } from './effect.ts';
import { Busy, holdAppends, transactExclusively } from './exclusive.ts';
import type { LogReader } from './log-reader.ts';
import { runPipeline } from './pipeline.ts';
import { TableWriter } from './table-sql.ts';
import type { View } from './view.ts';
import { countDifferences, createNext, fingerprintOf, indexNext, nextTable, swapNext } from './view-tables.ts';

/** Where a view that follows the log keeps its place. */
export const viewCheckpoint = (view: View): string => `view ${view.name}`;

const pageSize = 5_000;
const pageTimeoutMs = 120_000;
/** Folds the log from its beginning into a table beside the live one. */
export class ViewBuild {
  events = 0;
  private readonly view: View;
  private readonly log: LogReader;
  private readonly client: pg.ClientBase;
  private readonly writer: TableWriter;
  private place: Place = logStart;
  private follower: Place = logStart;

  /** The client belongs to the build alone. */
  constructor(view: View, log: LogReader, client: pg.ClientBase) {
    this.view = view;
    this.log = log;
    this.client = client;
    this.writer = new TableWriter(view, nextTable(view));
  }

  /** Everything but the last moment; appends go on meanwhile. */
  async build(): Promise<void> {
    // If the server dies the build begins anew, so nothing of it need be flushed before the swap.
    await this.client.query("SET synchronous_commit = off; SET statement_timeout = '1h'");
    await this.client.query(createNext(this.view));
    await this.catchUp();
    await this.client.query(indexNext(this.view));
    await this.catchUp();
  }

  /** Replaces the live table in one transaction. */
  async swap(): Promise<void> {
    await this.finish(async () => {
      await this.client.query(swapNext(this.view));
      if (this.view.follows === 'log') await writeCheckpoint(this.client, viewCheckpoint(this.view), this.place);
      await this.client.query({
        text: `INSERT INTO views (name, fingerprint) VALUES ($1, $2)
          ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint, built_at = now()`,
        values: [this.view.name, fingerprintOf(this.view)],
      });
    });
  }

  /** How many rows the live table has that a replay would not give, or lacks. */
  async compare(): Promise<number> {
    return await this.finish(async () => {
      if (this.view.follows === 'log' && comparePlaces(this.place, this.follower) !== 0)
        throw new Busy(`${this.view.name} is behind the log`);
      const { rows } = await this.client.query<{ different: number }>(countDifferences(this.view));
      await this.client.query(`DROP TABLE ${pg.escapeIdentifier(nextTable(this.view))}`);
      return rows[0]?.different ?? 0;
    });
  }

  private async catchUp(): Promise<void> {
    let reading = this.log.readLog(this.place, pageSize);
    for (;;) {
      const page = await reading;
      const last = page.at(-1);
      if (!last) return;
      this.place = last.place;
      // The next page comes while this one is written.
      const isLast = page.length < pageSize;
      if (!isLast) reading = this.log.readLog(this.place, pageSize);
      await this.write(page);
      if (isLast) return;
    }
  }

  private async write(page: readonly Recorded[]): Promise<void> {
    const effects = new Effects(this.view);
    for (const recorded of page) for (const change of this.view.fold(recorded)) effects.add(change);
    const steps = this.writer.steps(effects);
    if (steps.length > 0) await runPipeline(this.client, steps, pageTimeoutMs);
    this.events += page.length;
  }

  private finish<T>(work: () => Promise<T>): Promise<T> {
    const { place, events } = this;
    return transactExclusively(this.client, async () => {
      // What a try that was taken back had folded is folded again.
      this.place = place;
      this.events = events;
      await (this.view.follows === 'log' ? this.meetFollower() : this.foldTail());
      return await work();
    });
  }

  /** Nobody appends until this transaction ends; whoever has appended is folded, whoever waits will write to the new table. */
  private async foldTail(): Promise<void> {
    await holdAppends(this.client);
    for (;;) {
      const tail = await this.log.readCommitted(this.client, this.place, pageSize);
      if (tail.length === 0) return;
      this.place = tail.at(-1)?.place ?? this.place;
      await this.write(tail);
    }
  }

  /** The follower stands still until this transaction ends; where it is ahead we follow it to its place. */
  private async meetFollower(): Promise<void> {
    const { rows } = await this.client.query<{ transaction: bigint; position: bigint }>(
      'SELECT transaction, position FROM checkpoints WHERE name = $1 FOR UPDATE',
      [viewCheckpoint(this.view)],
    );
    this.follower = rows[0] ?? logStart;
    while (comparePlaces(this.place, this.follower) < 0) {
      const page = await this.log.readLog(this.place, pageSize);
      const upTo = page.filter(({ place }) => comparePlaces(place, this.follower) <= 0);
      this.place = upTo.at(-1)?.place ?? this.follower;
      await this.write(upTo);
    }
  }
}
