import { type EventContract, type EventContracts } from '@orrery/contracts';
import type { Clock, Recorded } from '@orrery/kernel';
import { metrics, SpanKind, withSpan } from '@orrery/telemetry';
import type pg from 'pg';
import { type Delivery, defaultDeadlineMs, eventOf, reactionTo, traceparentOf } from './consume-delivery.ts';
import { passes } from './consume-faults.ts';
import type { Consumer, ReactingConsumer, Reaction, WritingConsumer } from './consumer.ts';
import { Repeated } from './errors.ts';
import type { EventStore } from './event-store.ts';
import { enterInbox, handledBefore } from './inbox.ts';
import { inboxRow } from './once.ts';
import { Registry } from './registry.ts';

/** What became of one delivery. */
export type Outcome =
  | { readonly became: 'done' | 'repeated' }
  | { readonly became: 'failed'; readonly error: unknown }
  | { readonly became: 'held' };
export type Report = (delivery: Delivery, outcome: Outcome) => void;

export interface EffectOptions {
  readonly store: Pick<EventStore, 'commit' | 'pool' | 'clock'>;
  readonly registry: Registry;
  readonly signal: AbortSignal;
}

/** The contracts as a registry reads them. */
export const registryOf = ({ events, upcasters }: Consumer, contracts: readonly EventContract[]): Registry => {
  const group: EventContracts = Object.fromEntries(contracts.map((contract) => [contract.type, contract]));
  const known = new Set(events.map(({ type }) => type));
  return new Registry(
    [group],
    (upcasters ?? []).filter(({ type }) => known.has(type)),
  );
};

interface Opened {
  readonly delivery: Delivery;
  readonly event: Recorded;
}

/** Reads the events of a batch; reports those that cannot be read. */
const opened = (batch: readonly Delivery[], registry: Registry, report: Report): readonly Opened[] => {
  const readable: Opened[] = [];
  for (const delivery of batch) {
    try {
      readable.push({ delivery, event: eventOf(delivery, registry) });
    } catch (error) {
      report(delivery, { became: 'failed', error });
    }
  }
  return readable;
};

/** Runs the handler in a span that goes on from where the event came from. */
const traced = <T>(
  { delivery, event }: Opened,
  { service, name, deadlineMs = defaultDeadlineMs }: Consumer,
  signal: AbortSignal,
  work: (reaction: Reaction) => Promise<T>,
): Promise<T> => {
  const settings = {
    kind: SpanKind.CONSUMER,
    parent: traceparentOf(delivery, event) ?? '',
    orgId: event.metadata.orgId,
    attributes: { 'orrery.event_id': event.id, 'orrery.stream': event.stream, 'messaging.consumer.group.name': name },
  };
  return withSpan(`${name} ${event.event.type}`, settings, () =>
    inTime(deadlineMs, work(reactionTo(event, delivery, { service, name, signal, deadlineMs }))),
  );
};

/** What the handler does later finds its transaction gone or its inbox row taken. */
class HandlerTooSlow extends Error {
  override readonly name = 'HandlerTooSlow';
}

const inTime = async <T>(deadlineMs: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HandlerTooSlow(`the handler took longer than ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

const observe = ({ event }: Opened, { service, name }: Consumer, clock: Clock): void =>
  metrics.delivery.record((clock.now() - event.recordedAt.getTime()) / 1_000, { service, consumer: name });

/** Handles events beside each other; each commits its own effect with its inbox row. */
export const reacting = (declared: ReactingConsumer, { store, registry, signal }: EffectOptions) => {
  const settle = async (one: Opened): Promise<Outcome> => {
    try {
      await traced(one, declared, signal, async (reaction) => {
        const effect = await declared.react(one.event, reaction);
        if (effect)
          await store.commit({ ...effect, metadata: effect.metadata ?? reaction.metadata, once: inboxRow(declared.name, one.event.id) });
        // Handled by a decision that committed the row, or by finding nothing to do: a repeat must not look again.
        else await enterInbox(store.pool, declared.name, [one.event.id]);
      });
      observe(one, declared, store.clock);
      return { became: 'done' };
    } catch (error) {
      const isRepeat = error instanceof Repeated && error.scope === inboxRow(declared.name, one.event.id).scope;
      return isRepeat ? { became: 'repeated' } : { became: 'failed', error };
    }
  };
  return async (batch: readonly Delivery[], report: Report): Promise<void> => {
    const readable = opened(batch, registry, report);
    if (readable.length === 0) return;
    const ids = readable.map(({ event }) => event.id);
    const before = await handledBefore(store.pool, declared.name, ids);
    await Promise.all(
      readable.map(async (one) => report(one.delivery, before.has(one.event.id) ? { became: 'repeated' } : await settle(one))),
    );
  };
};

const inTransaction = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A handler that is still at it must not find the connection in other hands: it is closed.
    if (error instanceof HandlerTooSlow) broken = error;
    else {
      await client.query('ROLLBACK').catch((cause: Error) => {
        broken = cause;
      });
    }
    throw error;
  } finally {
    client.release(broken);
  }
};

/** Handles events one after the other in one transaction, with their inbox rows; if that fails, each in its own. */
export const writing = (declared: WritingConsumer, { store, registry, signal }: EffectOptions) => {
  const together = (batch: readonly Opened[]): Promise<ReadonlySet<string>> =>
    inTransaction(store.pool, async (client) => {
      const ids = batch.map(({ event }) => event.id);
      const fresh = await enterInbox(client, declared.name, ids);
      for (const one of batch) {
        if (fresh.has(one.event.id)) await traced(one, declared, signal, (reaction) => declared.write(one.event, client, reaction));
      }
      return fresh;
    });

  const alone = async (batch: readonly Opened[], report: Report): Promise<void> => {
    const stuck = new Set<string>();
    for (const one of batch) {
      const { delivery } = one;
      const outcome: Outcome = stuck.has(delivery.lane) ? { became: 'held' } : await settle(one);
      if (outcome.became === 'failed') stuck.add(delivery.lane);
      report(delivery, outcome);
    }
  };

  const outcomeOf = (one: Opened, fresh: ReadonlySet<string>): Outcome => {
    observe(one, declared, store.clock);
    return { became: fresh.has(one.event.id) ? 'done' : 'repeated' };
  };

  const settle = async (one: Opened): Promise<Outcome> => {
    try {
      return outcomeOf(one, await together([one]));
    } catch (error) {
      return { became: 'failed', error };
    }
  };

  return async (batch: readonly Delivery[], report: Report): Promise<void> => {
    const readable = opened(batch, registry, report);
    if (readable.length === 0) return;
    let fresh: ReadonlySet<string>;
    try {
      fresh = await together(readable);
    } catch (error) {
      // Whose fault it was shows when each is on its own; unless it was nobody's.
      if (passes(error)) failTogether(readable, error, report);
      else await alone(readable, report);
      return;
    }
    for (const one of readable) report(one.delivery, outcomeOf(one, fresh));
  };
};

/** The first of each lane failed; those behind it were not reached. */
const failTogether = (batch: readonly Opened[], error: unknown, report: Report): void => {
  const lanes = new Set<string>();
  for (const { delivery } of batch) {
    report(delivery, lanes.has(delivery.lane) ? { became: 'held' } : { became: 'failed', error });
    lanes.add(delivery.lane);
  }
};
