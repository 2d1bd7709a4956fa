import { execution } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { type WorkerRow, workers } from './workers.view.ts';

interface Load {
  readonly id: string;
  readonly lastSeenAt: Date | null;
  readonly runs: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
}

const statusOf = ({ isLost, isCordoned }: WorkerRow): execution.WorkerView['status'] => {
  if (isLost) return 'offline';
  return isCordoned ? 'cordoned' : 'online';
};

/** Reads machines as the operator sees them. */
export class WorkerReader {
  private readonly store: EventStore;

  constructor(store: EventStore) {
    this.store = store;
  }

  async one(id: execution.WorkerId): Promise<execution.WorkerView | undefined> {
    const row = await this.store.read(workers).one({ id, removedAt: null });
    return row && (await this.viewsOf([row]))[0];
  }

  /** It has joined, and was not removed. */
  async has(id: execution.WorkerId): Promise<boolean> {
    return (await this.store.read(workers).one({ id, removedAt: null })) !== undefined;
  }

  async page(limit: number, cursor: string | undefined): Promise<{ items: execution.WorkerView[]; nextCursor?: string }> {
    const { items, nextCursor } = await this.store.read(workers).page({ where: { removedAt: null }, order: { by: ['id'] }, limit, cursor });
    return { items: await this.viewsOf(items), ...(nextCursor === undefined ? {} : { nextCursor }) };
  }

  private async viewsOf(rows: readonly WorkerRow[]): Promise<execution.WorkerView[]> {
    const { rows: loads } = await this.store.pool.query<Load>({
      name: 'load-of-workers',
      text: `SELECT w.id, b.last_seen_at AS "lastSeenAt", count(o.run_id)::int AS runs,
          coalesce(sum((r.resources->>'cpuMilli')::int), 0)::int AS "cpuMilli",
          coalesce(sum((r.resources->>'memoryMib')::int), 0)::int AS "memoryMib",
          coalesce(sum((r.resources->>'gpus')::int), 0)::int AS gpus
        FROM unnest($1::uuid[]) AS w(id) LEFT JOIN worker_beats b ON b.worker_id = w.id
        LEFT JOIN open_attempts o ON o.worker_id = w.id LEFT JOIN run_list r ON r.id = o.run_id
        GROUP BY w.id, b.last_seen_at`,
      values: [rows.map(({ id }) => id)],
    });
    const byId = new Map(loads.map((load) => [load.id, load]));
    return rows.map((row) => {
      const { lastSeenAt = null, runs = 0, cpuMilli = 0, memoryMib = 0, gpus = 0 } = byId.get(row.id) ?? {};
      const { id, name, facts, drain, labels, pool, rack, nanosPerHour, joinedAt } = row;
      const used = { cpuMilli, memoryMib, gpus };
      return execution.WorkerView.parse({
        id,
        name,
        status: statusOf(row),
        facts,
        labels,
        pool,
        rack,
        nanosPerHour,
        drain,
        joinedAt,
        lastSeenAt: lastSeenAt?.toISOString() ?? null,
        runs,
        used,
      });
    });
  }
}
