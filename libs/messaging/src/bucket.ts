import type { JetStreamManager, KV, KvEntry } from 'nats';
import { z } from 'zod';
import type { Line } from './line.ts';

/** A key-value bucket with one owner, who has the truth elsewhere, and many who watch it. */
export interface SnapshotContract<S extends z.ZodType = z.ZodType> {
  readonly bucket: string;
  readonly value: S;
}

/**
 * Written last when a bucket is filled from the truth. Without it a bucket is being filled, and a watcher keeps what it
 * had: an empty bucket after a loss must not look like "nobody has a key".
 */
export const completeKey = '_complete';

const keyShape = /^[-/=.A-Za-z0-9][-/=.\w]{0,200}$/;

export const checkedKey = (key: string): string => {
  if (!keyShape.test(key)) throw new TypeError(`${JSON.stringify(key)} is no key of a snapshot`);
  return key;
};

export const isTombstone = (entry: KvEntry): boolean => entry.operation !== 'PUT';

/** What tells one bucket from another of the same name, and how far it has come. */
export interface BucketState {
  readonly created: string;
  readonly lastSequence: number;
}

/** How long JetStream's own answers may take; what was under way when the connection broke is noticed by this alone. */
const answerMs = 2_000;

/** A bucket that is made waits for the server's disk, which others may keep busy. */
const makingMs = 15_000;

export const managerOf = ({ connection }: Line): Promise<JetStreamManager> =>
  connection.jetstreamManager({ checkAPI: false, timeout: answerMs });

/** Makes the bucket where it does not exist, unless `mustExist`. */
export const openBucket = ({ connection }: Line, bucket: string, mustExist: boolean): Promise<KV> =>
  mustExist
    ? connection.jetstream({ timeout: answerMs }).views.kv(bucket, { bindOnly: true })
    : connection.jetstream({ timeout: makingMs }).views.kv(bucket, { history: 1 });

/** Undefined where the bucket does not exist. */
export const bucketState = async (line: Line, bucket: string): Promise<BucketState | undefined> => {
  const manager = await managerOf(line);
  try {
    const { created, state } = await manager.streams.info(`KV_${bucket}`);
    return { created, lastSequence: state.last_seq };
  } catch (error) {
    if (error instanceof Error && error.message === 'stream not found') return undefined;
    throw error;
  }
};

/** Everything that is in the bucket now, tombstones too. */
export const readBucket = async (kv: KV, ms: number): Promise<Map<string, KvEntry>> => {
  const entries = new Map<string, KvEntry>();
  let end: 'whole' | 'late' | undefined;
  let stop = (): void => undefined;
  const finish = (how: 'whole' | 'late'): void => {
    end ??= how;
    stop();
  };
  // Of an empty bucket it is told before the watch is there.
  const watch = await kv.watch({ initializedFn: () => finish('whole') });
  stop = () => watch.stop();
  if (end) stop();
  const timer = setTimeout(() => finish('late'), ms);
  try {
    for await (const entry of watch) entries.set(entry.key, entry);
  } finally {
    clearTimeout(timer);
  }
  if (end !== 'whole') throw new Error(`the bucket was not read whole within ${ms} ms`);
  return entries;
};

/** What an entry holds by its schema, or undefined where it does not fit. */
export const parsedBy = <S extends z.ZodType>(schema: S, entry: KvEntry): z.output<S> | undefined => {
  try {
    return z.safeParse(schema, JSON.parse(entry.string())).data;
  } catch {
    return undefined;
  }
};
