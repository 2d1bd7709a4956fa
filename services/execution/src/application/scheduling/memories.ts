import { execution } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { comparePlaces, type Place, type Recorded } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import { z } from 'zod';
import type { LiveMemory } from '../../domain/scheduling/live/live-scheduler.ts';
import type { Need } from '../../domain/scheduling/placement/need.ts';

/** A step of a stream. */
export interface StepRef {
  readonly stream: string;
  readonly version: number;
}

/** What a scheduler remembered when it had heard of everything up to a place in the log, and of some steps after it. */
export interface KeptMemory {
  readonly place: Place;
  readonly ahead: readonly StepRef[];
  readonly memory: LiveMemory;
}

/** Of what is written, and of the rules by which it was counted: another one is not read. */
const shape = 'memory-1';
const only = 'scheduler';

const counts = z.array(z.number());
const meter = z.object({ held: counts, past: counts, at: counts });
const isNeed = (value: unknown): value is Need =>
  z.object({ cpuMilli: z.number(), gpus: z.number(), gpuMilli: z.number() }).safeParse(value).success;
const need = z.custom<Need>(isNeed);
const mix = z.object({
  classes: z.array(z.object({ key: z.string(), need, weight: z.number() })),
  gain: z.number(),
  arrivals: z.number(),
  renewAt: z.number(),
  demands: z.array(z.object({ need, probability: z.number() })),
  cpuMilliPerGpuMilli: z.number(),
  memoryMibPerGpuMilli: z.number(),
  edition: z.number(),
});
const keptRow = z.object({
  ahead: z.array(z.object({ stream: z.string(), version: z.number() })),
  memory: z.object({
    clock: z.number(),
    usage: z.object({ resources: z.array(z.string()), branches: z.array(z.object({ id: z.string(), own: meter, whole: meter })) }),
    mixes: z.array(z.tuple([execution.PlacementPolicy, mix])),
  }),
});

interface Row {
  readonly shape: string;
  readonly transaction: string;
  readonly position: string;
  readonly ahead: unknown;
  readonly memory: unknown;
}

/** Undefined: there is none, or none that could be read. */
export const lastMemory = async (pool: EventStore['pool'], log: Pick<Log, 'warn'>): Promise<KeptMemory | undefined> => {
  const { rows } = await pool.query<Row>(
    'SELECT shape, transaction::text, position::text, ahead, memory FROM scheduler_memory WHERE name = $1',
    [only],
  );
  const [row] = rows;
  if (!row) return undefined;
  const read = row.shape === shape ? keptRow.safeParse(row) : undefined;
  if (!read?.success) {
    log.warn(
      { shape: row.shape, error: read?.error.message },
      'what the last scheduler remembered cannot be read: fair shares are told by the log alone',
    );
    return undefined;
  }
  const place = { transaction: BigInt(row.transaction), position: BigInt(row.position) };
  return { place, ...read.data };
};

/** Refused by the table where the term is over. */
export const keepMemory = async (pool: EventStore['pool'], { place, ahead, memory }: KeptMemory, term: bigint): Promise<void> => {
  await pool.query({
    name: 'keep-scheduler-memory',
    text: `INSERT INTO scheduler_memory (name, term, shape, transaction, position, ahead, memory)
      VALUES ($1, $2, $3, $4::xid8, $5, $6, $7)
      ON CONFLICT (name) DO UPDATE SET term = excluded.term, shape = excluded.shape, transaction = excluded.transaction,
        position = excluded.position, ahead = excluded.ahead, memory = excluded.memory`,
    values: [
      ...[only, term.toString(), shape, place.transaction.toString(), place.position.toString()],
      ...[JSON.stringify(ahead), JSON.stringify(memory)],
    ],
  });
};

/** Which facts that scheduler had heard of. */
export const heardBy = ({ place, ahead }: KeptMemory): ((fact: Pick<Recorded, 'stream' | 'version' | 'place'>) => boolean) => {
  const steps = new Set(ahead.map(keyOf));
  return (fact) => comparePlaces(fact.place, place) <= 0 || steps.has(keyOf(fact));
};

export const keyOf = ({ stream, version }: StepRef): string => `${stream}@${version}`;
