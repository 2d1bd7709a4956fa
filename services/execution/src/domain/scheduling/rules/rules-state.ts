import type { execution, Instant } from '@orrery/contracts';

type Named<T> = Readonly<Record<string, T & { readonly setAt: Instant }>>;

/** What operators have decided about scheduling. Plain JSON: it is kept in snapshots. */
export interface RulesState {
  /** By their paths. */
  readonly quotas: Named<execution.Quota>;
  readonly classes: Named<execution.PriorityClass>;
  readonly pools: Named<execution.Pool>;
  /** By `promiseKey`. */
  readonly promises: Named<execution.IslandPromise>;
  readonly rules: execution.SchedulerRules;
}

/** A promise is one per organization, model and size. */
export const promiseKey = ({ orgId, model, size }: Pick<execution.IslandPromise, 'orgId' | 'model' | 'size'>): string =>
  `${orgId}/${model}/${size}`;
