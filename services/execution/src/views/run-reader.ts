import { execution, type OrgId } from '@orrery/contracts';
import type { EventStore, Where } from '@orrery/event-store';
import { type RunRow, runList } from './run-list.view.ts';
import { workers } from './workers.view.ts';

type RunWhere = Where<RunRow>;

const open: readonly execution.RunStatus[] = ['pending', 'starting', 'running'];

export const runViewOf = (
  { resources: _resources, lastSeq, settledAt: _settledAt, waitsSince: _waitsSince, gangId: _gangId, ...row }: RunRow,
  workerName: string | null,
): execution.RunView => execution.RunView.parse({ ...row, workerName, outputEnd: lastSeq > 0 ? `${row.attempt}.${lastSeq}` : null });

/** Reads runs as the API shows them. */
export class RunReader {
  private readonly store: EventStore;
  /** A machine keeps its name for ever. */
  private readonly names = new Map<string, string>();

  constructor(store: EventStore) {
    this.store = store;
  }

  async row(runId: execution.RunId, orgId: string | undefined): Promise<RunRow | undefined> {
    const row = await this.store.read(runList).one({ id: runId });
    return orgId === undefined || row?.orgId === orgId ? row : undefined;
  }

  async one(runId: execution.RunId, orgId: string | undefined): Promise<execution.RunView | undefined> {
    const row = await this.row(runId, orgId);
    return row && (await this.viewOf(row));
  }

  async viewOf(row: RunRow): Promise<execution.RunView> {
    const [view] = await this.viewsOf([row]);
    if (!view) throw new TypeError('one row is one view');
    return view;
  }

  async page(where: RunWhere, limit: number, cursor: string | undefined): Promise<{ items: execution.RunView[]; nextCursor?: string }> {
    const { items, nextCursor } = await this.store.read(runList).page({ where, order: newestFirst, limit, cursor });
    return { items: await this.viewsOf(items), ...(nextCursor === undefined ? {} : { nextCursor }) };
  }

  async skip(where: RunWhere, limit: number, offset: number): Promise<execution.RunView[]> {
    return await this.viewsOf(await this.store.read(runList).list({ where, order: newestFirst, limit, offset }));
  }

  /** Those of them that are the organization's. */
  async ownOf(ids: readonly execution.RunId[], orgId: OrgId): Promise<ReadonlySet<execution.RunId>> {
    const found = await this.store.read(runList).list({ where: { orgId, id: { in: ids } }, order: { by: ['id'] }, limit: ids.length });
    return new Set(found.map(({ id }) => id));
  }

  /** How many have not ended. */
  async openOf(orgId: OrgId): Promise<number> {
    return await this.store.read(runList).count({ orgId, status: { in: open } });
  }

  /** Those that have ended are counted as they end; the others are few. */
  async countsByStatus(orgId: string): Promise<Partial<Record<execution.RunStatus, number>>> {
    const { rows } = await this.store.pool.query<{ status: execution.RunStatus; runs: number }>({
      name: 'runs-by-status',
      text: `SELECT status, runs::int FROM run_tallies WHERE org_id = $1
        UNION ALL SELECT status, count(*)::int FROM run_list WHERE org_id = $1 AND status = ANY($2) GROUP BY status`,
      values: [orgId, open],
    });
    return Object.fromEntries(rows.map(({ status, runs }) => [status, runs]));
  }

  private async viewsOf(rows: readonly RunRow[]): Promise<execution.RunView[]> {
    const unknown = rows.flatMap(({ workerId }) => (workerId !== null && !this.names.has(workerId) ? [workerId] : []));
    if (unknown.length > 0) {
      const found = await this.store.read(workers).list({ where: { id: { in: unknown } }, order: { by: ['id'] }, limit: unknown.length });
      for (const { id, name } of found) this.names.set(id, name);
    }
    return rows.map((row) => runViewOf(row, row.workerId === null ? null : (this.names.get(row.workerId) ?? null)));
  }
}

// Ids of runs are drawn in the order of time.
const newestFirst = { by: ['id'], direction: 'desc' } as const;
