import type { EventStore } from '@orrery/event-store';
import type { Recorded } from '@orrery/kernel';
import { runStream } from '../../domain/run/run-facts.ts';
import { rulesStream } from '../../domain/scheduling/rules/rules.ts';
import { workerStream } from '../../domain/worker.ts';
import type { ExecutionFact } from '../../views/kinds.ts';
import { byPlace } from './log-order.ts';

const streamsAtOnce = 500;
/** Whose use still counts in the fair share: of more runs than these the oldest are forgotten. */
const mostRemembered = 20_000;
const rememberedDays = 30;

/**
 * Runs that have not ended, those that ended lately and had machines, those that ended lately at all (what is asked for counts in the
 * mix, whether or not it was given), and the other members of all their gangs.
 */
export const runsThatMatter = async (pool: EventStore['pool'], most = mostRemembered): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ id: string }>(
    `WITH lately AS (SELECT id, gang_id, attempt, settled_at FROM run_list WHERE settled_at > now() - make_interval(days => $1)),
       chosen AS (SELECT id, gang_id FROM run_list WHERE status = ANY(ARRAY['pending', 'starting', 'running'])
         UNION (SELECT id, gang_id FROM lately WHERE attempt > 0 ORDER BY settled_at DESC LIMIT $2)
         UNION (SELECT id, gang_id FROM lately ORDER BY settled_at DESC LIMIT $2))
     SELECT id FROM chosen
     UNION SELECT m.id FROM run_list m JOIN chosen c ON m.gang_id = c.gang_id`,
    [rememberedDays, most],
  );
  return rows.map(({ id }) => id);
};

/**
 * What a scheduler has to know, in the order in which it happened: what time does to fair shares depends on it. Whatever happens while
 * it is read: the follower goes on from a place before it.
 */
export const tellWhatMatters = async (store: EventStore, hear: (facts: readonly ExecutionFact[]) => void): Promise<void> => {
  const { rows: machines } = await store.pool.query<{ id: string }>('SELECT id FROM workers');
  const runs = await runsThatMatter(store.pool);
  const streams = [rulesStream, ...machines.map(({ id }) => workerStream(id)), ...runs.map((id) => runStream(id))];
  const facts: Recorded[] = [];
  for (let start = 0; start < streams.length; start += streamsAtOnce) {
    for (const fact of await store.loadAll(streams.slice(start, start + streamsAtOnce))) facts.push(fact);
  }
  // Our log holds the events of our contracts and no others.
  hear(facts.sort(byPlace) as readonly ExecutionFact[]);
};
