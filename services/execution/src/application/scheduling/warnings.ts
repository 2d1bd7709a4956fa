import type { execution, RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { kindOf } from '../../domain/scheduling/rules/quotas.ts';
import { promiseKey, type RulesState } from '../../domain/scheduling/rules/rules-state.ts';
import { type Today, told, warningsOf } from '../../domain/scheduling/rules/warnings.ts';
import { orgOf } from '../../domain/scheduling/scheduler/queues.ts';
import type { Names } from './names.ts';

type Decided = Pick<RulesState, 'quotas' | 'promises'>;

/** Operators look at the queue again and again. */
const freshMs = 5_000;

/** What today's machines and organizations say about what operators have set. */
export class RulesWarnings {
  private known: { readonly warnings: Promise<string[]>; readonly staleAt: number } | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly names: Names,
  ) {}

  /** Of all that is set. */
  async all(context: RequestContext, now: number): Promise<string[]> {
    if (this.known && now < this.known.staleAt) return await this.known.warnings;
    const warnings = this.find(context);
    this.known = { warnings, staleAt: now + freshMs };
    // What could not be found out is not remembered.
    warnings.catch(() => {
      this.known = undefined;
    });
    return await warnings;
  }

  /** Asked of anew: what was set a moment ago is looked at. `more`: a node that is about to be set. */
  async today(decided: Decided, context: RequestContext, more: readonly string[] = []): Promise<Today> {
    this.known = undefined;
    const named = [...Object.keys(decided.quotas), ...Object.values(decided.promises).map(({ orgId }) => orgId), ...more];
    const [capacity, islands, orgs] = await Promise.all([this.capacity(), this.islands(), this.names.ofOrgs(named, context)]);
    const unknownOrgs = orgs === null ? [] : named.filter((node) => kindOf(node) !== 'cohort' && !orgs.has(orgOf(node))).map(orgOf);
    return { capacity, islands, unknownOrgs: new Set(unknownOrgs) };
  }

  async decided(): Promise<Decided> {
    const [quotas, promises] = await Promise.all([
      this.store.pool.query<execution.QuotaView>({
        name: 'all-quotas',
        text: `SELECT node, parent, weight, guaranteed_milli AS "guaranteedMilli", limit_milli AS "limitMilli",
          highest_class AS "highestClass", set_at AS "setAt" FROM quotas`,
      }),
      this.store.pool.query<execution.IslandPromise & { readonly setAt: execution.QuotaView['setAt'] }>({
        name: 'all-promises',
        text: 'SELECT org_id AS "orgId", model, size::int, count::int, set_at AS "setAt" FROM island_promises',
      }),
    ]);
    return {
      quotas: Object.fromEntries(quotas.rows.map((quota) => [quota.node, quota])),
      promises: Object.fromEntries(promises.rows.map((promise) => [promiseKey(promise), promise])),
    };
  }

  private async find(context: RequestContext): Promise<string[]> {
    const decided = await this.decided();
    return told(warningsOf(decided, await this.today(decided, context)));
  }

  /** Thousandths of each GPU model, and of CPUs, on the machines that are connected. */
  private async capacity(): Promise<execution.Amounts> {
    const { rows } = await this.store.pool.query<{ resource: string; milli: number }>({
      name: 'capacity-by-resource',
      text: `SELECT lower(gpu->>'model') AS resource, (1000 * count(*))::float8 AS milli
          FROM workers, jsonb_array_elements(facts->'gpus') gpu WHERE NOT is_lost GROUP BY 1
        UNION ALL SELECT 'cpu', coalesce(sum((facts->>'cpuMilli')::bigint), 0)::float8 FROM workers WHERE NOT is_lost`,
    });
    return Object.fromEntries(rows.map(({ resource, milli }) => [resource, milli]));
  }

  /** As the scheduler counts them: a machine that tells of none is one, and one of several models is none. */
  private async islands(): Promise<Today['islands']> {
    const { rows } = await this.store.pool.query<Today['islands'][number]>({
      name: 'islands-by-size',
      text: `SELECT model, size, count(*)::int AS count FROM (
          SELECT min(lower(gpu->>'model')) AS model, count(*)::int AS size FROM workers, jsonb_array_elements(facts->'gpus') gpu
          WHERE NOT is_lost GROUP BY id, gpu->>'island'
          HAVING count(DISTINCT lower(gpu->>'model')) = 1 AND count(gpu->>'mig') = 0) island GROUP BY 1, 2`,
    });
    return rows;
  }
}
