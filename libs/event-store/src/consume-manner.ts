import type { EventContract } from '@orrery/contracts';
import type { Delivery } from './consume-delivery.ts';
import { type EffectOptions, type Outcome, reacting, registryOf, writing } from './consume-effect.ts';
import type { Consumer } from './consumer.ts';

/** Handles a batch and reports on each delivery of it, once. */
export type Work = (batch: readonly Delivery[], report: (delivery: Delivery, outcome: Outcome) => void) => Promise<void>;

/** How a consumer goes about its deliveries. */
export interface Manner {
  readonly work: Work;
  /** Under way at once, in deliveries and in batches. */
  readonly deliveries: number;
  readonly batches: number;
  /** In a batch, and of these in one lane. */
  readonly most: number;
  readonly perLane: number;
}

const defaultConcurrency = 64;
const defaultBatch = 100;
/** Batches in transactions beside each other: while one waits for the disk, the next is being handled. */
const batchesAtOnce = 2;

export interface MannerOptions extends Omit<EffectOptions, 'registry'> {
  readonly consumer: Consumer;
  readonly contracts: readonly EventContract[];
}

export const mannerOf = ({ consumer, contracts, store, signal }: MannerOptions): Manner => {
  const options = { store, signal, registry: registryOf(consumer, contracts) };
  if ('react' in consumer) {
    const most = consumer.concurrency ?? defaultConcurrency;
    return { work: reacting(consumer, options), deliveries: most, batches: most, most, perLane: 1 };
  }
  const most = consumer.batch ?? defaultBatch;
  return { work: writing(consumer, options), deliveries: most * batchesAtOnce, batches: batchesAtOnce, most, perLane: most };
};
