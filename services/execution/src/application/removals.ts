import { execution } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import type pg from 'pg';

/** What is only shown live is judged once in this time. What is kept is judged each time. */
const trustMs = 1_000;
const mostTrusted = 10_000;

const isWorkerId = (text: string): boolean => execution.WorkerId.safeParse(text).success;

/** Which machines were removed. Their credentials still open the bus for a while; nothing that they say there counts. */
export class Removals {
  private readonly pool: pg.Pool;
  private readonly trustedUntil = new Map<string, number>();

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  async has(workerId: string): Promise<boolean> {
    return (await this.among([workerId])).size > 0;
  }

  /** An answer that it was not removed is good for a moment. */
  async hasLately(workerId: string): Promise<boolean> {
    const now = systemClock.now();
    if ((this.trustedUntil.get(workerId) ?? 0) > now) return false;
    if (await this.has(workerId)) return true;
    if (this.trustedUntil.size >= mostTrusted) this.trustedUntil.clear();
    this.trustedUntil.set(workerId, now + trustMs);
    return false;
  }

  /** Of what machines said, what they said before they were removed. */
  async before<T extends { readonly workerId: string; readonly arrivedAt: number }>(told: readonly T[]): Promise<readonly T[]> {
    const removed = await this.among(told.map(({ workerId }) => workerId));
    return removed.size === 0
      ? told
      : told.filter(({ workerId, arrivedAt }) => arrivedAt < (removed.get(workerId) ?? Number.POSITIVE_INFINITY));
  }

  /** When each of these was removed, of those that were. */
  private async among(workerIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const asked = [...new Set(workerIds)].filter(isWorkerId);
    if (asked.length === 0) return new Map();
    const { rows } = await this.pool.query<{ id: string; removedAt: Date }>({
      name: 'removed-workers',
      text: 'SELECT id, removed_at AS "removedAt" FROM workers WHERE id = ANY($1::uuid[]) AND removed_at IS NOT NULL',
      values: [asked],
    });
    return new Map(rows.map(({ id, removedAt }) => [id, removedAt.getTime()]));
  }
}
