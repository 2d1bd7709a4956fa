import type { EventStore } from '@orrery/event-store';
import type { Recorded } from '@orrery/kernel';
import { runStream } from '../../domain/run/run-facts.ts';
import { rulesStream } from '../../domain/scheduling/rules/rules.ts';
import { workerStream } from '../../domain/worker.ts';
import type { ExecutionFact } from '../../views/kinds.ts';

const streamsAtOnce = 500;
/** Whose use still counts in the fair share: of more runs than these the oldest are forgotten. */
const mostRemembered = 20_000;
const rememberedDays = 30;

const isBefore = ({ place: a }: Recorded, { place: b }: Recorded): number => {
  if (a.transaction !== b.transaction) return a.transaction < b.transaction ? -1 : 1;
  return a.position < b.position ? -1 : 1;
};

/** Runs that have not ended, the other members of their gangs, and those that ended lately and had machines. */
const runsThatMatter = async (store: EventStore): Promise<readonly string[]> => {
  const { rows } = await store.pool.query<{ id: string }>(
    `WITH open AS (SELECT id, gang_id FROM run_list WHERE status = ANY(ARRAY['pending', 'starting', 'running']))
     SELECT id FROM open
     UNION SELECT m.id FROM run_list m JOIN open o ON m.gang_id = o.gang_id
     UNION (SELECT id FROM run_list WHERE settled_at > now() - make_interval(days => $1) AND attempt > 0 ORDER BY settled_at DESC LIMIT $2)`,
    [rememberedDays, mostRemembered],
  );
  return rows.map(({ id }) => id);
};

/**
 * What a scheduler has to know, in the order in which it happened: what time does to fair shares depends on it. Whatever happens while
 * it is read: the follower goes on from a place before it.
 */
export const tellWhatMatters = async (store: EventStore, hear: (facts: readonly ExecutionFact[]) => void): Promise<void> => {
  const { rows: machines } = await store.pool.query<{ id: string }>('SELECT id FROM workers');
  const runs = await runsThatMatter(store);
  const streams = [rulesStream, ...machines.map(({ id }) => workerStream(id)), ...runs.map((id) => runStream(id))];
  const facts: Recorded[] = [];
  for (let start = 0; start < streams.length; start += streamsAtOnce) {
    for (const fact of await store.loadAll(streams.slice(start, start + streamsAtOnce))) facts.push(fact);
  }
  // Our log holds the events of our contracts and no others.
  hear(facts.sort(isBefore) as readonly ExecutionFact[]);
};
