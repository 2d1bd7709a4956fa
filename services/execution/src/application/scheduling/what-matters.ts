import type { execution } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import type { Place, Recorded } from '@orrery/kernel';
import { runStream } from '../../domain/run/run-facts.ts';
import { rulesStream } from '../../domain/scheduling/rules/rules.ts';
import { workerStream } from '../../domain/worker.ts';
import { byPlace } from './log-order.ts';
import { heardBy, type KeptMemory } from './memories.ts';

const streamsAtOnce = 500;
/** Whose use still counts in the fair share: of more runs than these the oldest are forgotten. */
const mostRemembered = 20_000;
const rememberedDays = 30;
/** After it is nothing. */
const lastTransaction = 2n ** 63n;

interface Selection {
  readonly since?: Place | undefined;
  readonly most?: number;
}

/**
 * Runs that have not ended, those that ended lately and had machines, those that ended lately at all (what is asked for counts in the
 * mix, whether or not it was given), those of which something happened after a place, and the other members of all their gangs.
 */
export const runsThatMatter = async (
  pool: EventStore['pool'],
  { since, most = mostRemembered }: Selection = {},
): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ id: string }>(
    `WITH lately AS (SELECT id, gang_id, attempt, settled_at FROM run_list WHERE settled_at > now() - make_interval(days => $1)),
       since AS (SELECT DISTINCT substr(stream, 5)::uuid AS id FROM events
         WHERE (transaction, position) > ($3::xid8, $4::bigint) AND stream LIKE 'run-%'),
       chosen AS (SELECT id, gang_id FROM run_list WHERE status = ANY(ARRAY['pending', 'starting', 'running'])
         UNION SELECT id, gang_id FROM run_list JOIN since USING (id)
         UNION (SELECT id, gang_id FROM lately WHERE attempt > 0 ORDER BY settled_at DESC LIMIT $2)
         UNION (SELECT id, gang_id FROM lately ORDER BY settled_at DESC LIMIT $2))
     SELECT id FROM chosen
     UNION SELECT m.id FROM run_list m JOIN chosen c ON m.gang_id = c.gang_id`,
    [rememberedDays, most, (since?.transaction ?? lastTransaction).toString(), (since?.position ?? 0n).toString()],
  );
  return rows.map(({ id }) => id);
};

/** A fact with its place in the log. */
export type LogFact = Recorded<execution.ExecutionEvent>;

/** Who is told, in order; and what the last one remembered, when all is told that that one had heard of. */
export interface Hearer {
  hear(facts: readonly LogFact[]): void;
  recall(memory: KeptMemory['memory']): void;
}

interface Told {
  readonly kept?: KeptMemory | undefined;
  readonly most?: number;
}

/**
 * What a scheduler has to know, in the order in which it happened: what time does to fair shares depends on it. Whatever happens while
 * it is read: the follower goes on from a place before it.
 */
export const tellWhatMatters = async (store: EventStore, hearer: Hearer, { kept, most = mostRemembered }: Told = {}): Promise<void> => {
  const { rows: machines } = await store.pool.query<{ id: string }>('SELECT id FROM workers');
  const runs = await runsThatMatter(store.pool, { since: kept?.place, most });
  const streams = [rulesStream, ...machines.map(({ id }) => workerStream(id)), ...runs.map((id) => runStream(id))];
  const loaded: Recorded[] = [];
  for (let start = 0; start < streams.length; start += streamsAtOnce) {
    for (const fact of await store.loadAll(streams.slice(start, start + streamsAtOnce))) loaded.push(fact);
  }
  // Our log holds the events of our contracts and no others.
  const facts = loaded.sort(byPlace) as readonly LogFact[];
  if (!kept) {
    hearer.hear(facts);
    return;
  }
  const wasHeard = heardBy(kept);
  hearer.hear(facts.filter((fact) => wasHeard(fact)));
  hearer.recall(kept.memory);
  hearer.hear(facts.filter((fact) => !wasHeard(fact)));
};
