import { inference, instantOf, type OutputOf, parseNanos, type RequestContext } from '@orrery/contracts';
import { Conditions, type EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type LogFilters, whereOf } from './log-filters.ts';

type Summary = OutputOf<typeof inference.SummarizeRequests>;

const mostGroups = 200;
const dayMs = 86_400_000;

/** Each row is of all, or of one model, key or outcome: `grouping` says of which. */
const groupingOf = { all: 7, model: 3, key: 5, outcome: 6 } as const;

interface Row extends Omit<Summary, 'from' | 'to' | 'models' | 'keys' | 'outcomes'> {
  readonly grouping: number;
  readonly model: string;
  readonly keyId: string | null;
  readonly outcome: inference.Outcome;
}

const text = (conditions: string): string => `
  SELECT grouping(model, key_id, outcome)::int AS grouping, model, key_id AS "keyId", outcome,
    count(*)::int AS requests, (count(*) FILTER (WHERE status < 400))::int AS succeeded, (count(*) FILTER (WHERE is_estimated))::int AS estimated,
    coalesce(sum(input), 0)::float8 AS input, coalesce(sum(output), 0)::float8 AS output, coalesce(sum(cached), 0)::float8 AS cached,
    coalesce(sum(cost), 0)::text AS cost, coalesce(avg(duration_ms), 0)::float8 AS "averageMs"
  FROM inference_log ${conditions} GROUP BY GROUPING SETS ((), (model), (key_id), (outcome))`;

const dearestFirst = (one: Row, other: Row): number => {
  const difference = parseNanos(other.cost) - parseNanos(one.cost);
  return difference === 0n ? other.requests - one.requests : difference > 0n ? 1 : -1;
};

const sumsOf = ({ requests, succeeded, estimated, input, output, cached, cost, averageMs }: Row) => ({
  requests,
  succeeded,
  estimated,
  input,
  output,
  cached,
  cost,
  averageMs,
});

/** Of a time; of the last day, where none is named. */
export const summaryOf = async ({ pool }: EventStore, context: RequestContext, filters: LogFilters): Promise<Summary> => {
  const to = filters.to ?? instantOf(systemClock.now());
  const from = filters.from ?? instantOf(Date.parse(to) - dayMs);
  const conditions = new Conditions().where(whereOf(context, { ...filters, from, to }));
  const { rows } = await pool.query<Row>(text(conditions.sql), conditions.values);
  const of = (grouping: number): readonly Row[] =>
    rows
      .filter((row) => row.grouping === grouping)
      .sort(dearestFirst)
      .slice(0, mostGroups);
  const [all] = of(groupingOf.all);
  return inference.SummarizeRequests.output.parse({
    from,
    to,
    ...(all && sumsOf(all)),
    models: of(groupingOf.model).map((row) => ({ model: row.model, ...sumsOf(row) })),
    keys: of(groupingOf.key).map((row) => ({ keyId: row.keyId, ...sumsOf(row) })),
    outcomes: of(groupingOf.outcome).map((row) => ({ outcome: row.outcome, ...sumsOf(row) })),
  });
};
