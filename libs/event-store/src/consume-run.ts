import { setMaxListeners } from 'node:events';
import type { EventContract } from '@orrery/contracts';
import { pause, persist } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import type { JsMsg, NatsConnection } from 'nats';
import { type Delivery, deliveryOf, letterOf, typeOf } from './consume-delivery.ts';
import type { Outcome } from './consume-effect.ts';
import { defaultPatience, isDatabaseAway, judge, type Patience, ProcessKiller } from './consume-faults.ts';
import { Lanes } from './consume-lanes.ts';
import { type Manner, mannerOf, type Work } from './consume-manner.ts';
import { alone, diedOfIt, isSuspect, survivedIt, triesAlone } from './consume-suspects.ts';
import type { Consumer } from './consumer.ts';
import { bury } from './dead-letters.ts';
import type { EventStore } from './event-store.ts';
import { logHeaders } from './headers.ts';

export interface RunOptions {
  readonly consumer: Consumer;
  /** The contracts of one source. */
  readonly contracts: readonly EventContract[];
  readonly store: Pick<EventStore, 'commit' | 'pool' | 'clock'>;
  readonly nats: NatsConnection;
  readonly log: Log;
  /** Says to take no more, and to leave what is not under way. */
  readonly signal: AbortSignal;
}

export const defaultAckWaitMs = 15_000;
/** An absence that goes on is not told again before this. */
const quietMs = 30_000;
const buryBackOff = { firstMs: 100, longestMs: 5_000 };

/** The part of a batch that is of one lane. */
interface LaneOfBatch {
  left: number;
  /** What goes back to the head of the lane, in its order. */
  readonly again: Delivery[];
  pauseMs: number;
  burial: Promise<void> | undefined;
}

/** One consumer at work on the messages of one source: what comes in is handled, tried again, or buried, and then acknowledged. */
export class ConsumerRun {
  private readonly options: RunOptions;
  private readonly manner: Manner;
  private readonly patience: Patience;
  private readonly types: ReadonlySet<string>;
  private readonly lanes = new Lanes<Delivery>(({ lane }) => lane);
  private readonly held = new Map<string, Delivery>();
  private readonly ackWaitMs: number;
  private underWay = 0;
  private batches = 0;
  private isDue = false;
  /** Held deliveries that may have taken a process down: as long as there are any, one is handled at a time. */
  private suspects = 0;
  private isHeld = false;
  private heldAt = Number.NEGATIVE_INFINITY;
  private idle: (() => void) | undefined;

  constructor(options: RunOptions) {
    this.options = options;
    // Every lane that waits for another try listens to it.
    setMaxListeners(0, options.signal);
    this.manner = mannerOf(options);
    this.patience = { ...defaultPatience, ...options.consumer.patience };
    this.types = new Set(options.contracts.map(({ type }) => type));
    this.ackWaitMs = options.consumer.ackWaitMs ?? defaultAckWaitMs;
  }

  /** Takes a message. `earlier`: how often it was delivered before by what this durable replaced. */
  receive(message: JsMsg, earlier: number): void {
    const { consumer, signal } = this.options;
    const only = message.headers?.get(logHeaders.only);
    if (signal.aborted) return;
    if (!this.types.has(typeOf(message)) || (only && only !== `${consumer.service}.${consumer.name}`)) {
      message.ack();
      return;
    }
    const delivery = deliveryOf(message, consumer.order ?? 'stream', earlier);
    const held = this.held.get(delivery.eventId);
    if (held) {
      held.messages.push(message);
      return;
    }
    this.held.set(delivery.eventId, delivery);
    if (isSuspect(delivery)) this.suspects += 1;
    this.lanes.add(delivery);
    this.proceed();
  }

  /** Tells JetStream that what we still have is not forgotten. */
  keepAlive(): void {
    const now = performance.now();
    for (const delivery of this.held.values()) {
      if (now - delivery.heardAt < this.ackWaitMs / 3) continue;
      delivery.heardAt = now;
      for (const message of delivery.messages) message.working();
    }
  }

  /** Waits for what is under way, not for what waits for another try. */
  async settled(): Promise<void> {
    if (this.underWay > 0) await new Promise<void>((resolve) => (this.idle = resolve));
  }

  /** Soon, not now: what arrives or ends together is then taken together. */
  private proceed(): void {
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      this.takeWork();
    });
  }

  private takeWork(): void {
    const { deliveries, batches, most, perLane, work } = this.suspects > 0 ? alone(this.manner) : this.manner;
    const isHeld = this.options.signal.aborted || this.isHeld;
    while (!isHeld && this.batches < batches && this.underWay < deliveries) {
      // Whoever is killed from outside again and again accuses now one, now another, and soon has handled them all.
      const batch =
        this.suspects > 0 ? this.lanes.takeAny(Math.random()) : this.lanes.take(Math.min(most, deliveries - this.underWay), perLane);
      if (batch.length === 0) break;
      this.underWay += batch.length;
      void this.workOn(batch, work);
    }
    if (this.underWay === 0) this.idle?.();
  }

  private async workOn(batch: readonly Delivery[], work: Work): Promise<void> {
    const lanes = new Map<string, LaneOfBatch>();
    for (const { lane } of batch) {
      const so = lanes.get(lane) ?? { left: 0, again: [], pauseMs: 0, burial: undefined };
      so.left += 1;
      lanes.set(lane, so);
    }
    const open = new Set(batch);
    const report = (delivery: Delivery, outcome: Outcome): void => {
      open.delete(delivery);
      this.underWay -= 1;
      const lane = lanes.get(delivery.lane);
      if (lane) this.conclude(delivery, outcome, lane);
    };
    this.batches += 1;
    try {
      const [first] = batch;
      if (first && isSuspect(first)) await this.dare(first, () => work(batch, report));
      else await work(batch, report);
    } catch (error) {
      // Nothing of it was decided: the inbox could not be asked.
      for (const delivery of open) report(delivery, { became: 'failed', error });
    } finally {
      this.batches -= 1;
      this.proceed();
    }
  }

  private conclude(delivery: Delivery, outcome: Outcome, lane: LaneOfBatch): void {
    lane.left -= 1;
    if (outcome.became === 'failed') this.judge(delivery, outcome.error, lane);
    else if (outcome.became === 'held') lane.again.push(delivery);
    else this.finish(delivery, outcome.became);
    if (lane.left === 0) void this.moveOn(delivery.lane, lane);
  }

  private judge(delivery: Delivery, error: unknown, lane: LaneOfBatch): void {
    const verdict = judge(error, delivery.fate, this.patience, performance.now());
    if (verdict.give === 'up') {
      lane.burial = this.giveUp(delivery, error, verdict.reason);
      return;
    }
    this.count('retried');
    lane.again.push(delivery);
    lane.pauseMs = verdict.pauseMs;
    if (isDatabaseAway(error)) this.hold(error, verdict.pauseMs);
    else
      this.options.log.warn(
        { err: error, ...this.factsOf(delivery), pauseMs: verdict.pauseMs },
        'an event could not be handled; trying again',
      );
  }

  /** Without its database nothing can be handled: holding on costs less than trying each event, and one line says it. */
  private hold(error: unknown, pauseMs: number): void {
    const { signal, log, consumer } = this.options;
    if (this.isHeld) return;
    this.isHeld = true;
    const now = performance.now();
    if (now - this.heldAt > quietMs) log.warn({ err: error, consumer: consumer.name }, 'the database is away; holding on');
    this.heldAt = now;
    // Not by the clock: a timer may ring a little early, and nothing would ring again.
    void pause(pauseMs, signal).then(() => {
      this.isHeld = false;
      this.proceed();
    });
  }

  private factsOf({ eventId }: Delivery): { readonly eventId: string; readonly consumer: string } {
    return { eventId, consumer: this.options.consumer.name };
  }

  private async moveOn(name: string, { again, pauseMs, burial }: LaneOfBatch): Promise<void> {
    await burial;
    this.lanes.back(again);
    if (pauseMs > 0) await pause(pauseMs, this.options.signal);
    this.lanes.free(name);
    this.proceed();
  }

  /** Handles a suspect, unless too many processes have died of that. */
  private async dare({ eventId }: Delivery, handle: () => Promise<void>): Promise<void> {
    const { store, consumer } = this.options;
    if (await diedOfIt(store.pool, consumer.name, eventId)) throw new ProcessKiller(`${triesAlone} processes died of it`);
    await handle();
    await survivedIt(store.pool, consumer.name, eventId);
  }

  private finish(delivery: Delivery, became: 'done' | 'repeated' | 'dead'): void {
    this.held.delete(delivery.eventId);
    if (isSuspect(delivery)) this.suspects -= 1;
    for (const message of delivery.messages) message.ack();
    this.count(became);
  }

  /** Sets an event aside; until JetStream has its letter it is not acknowledged. */
  private async giveUp(delivery: Delivery, error: unknown, reason: string): Promise<void> {
    const { consumer, nats, log, signal } = this.options;
    const letter = letterOf(delivery, consumer, { error, reason });
    log.error(
      { err: error, eventId: delivery.eventId, consumer: consumer.name, type: letter.type, reason },
      'an event is set aside as dead',
    );
    const failed = (err: unknown): void => log.warn({ err, eventId: delivery.eventId }, 'a dead letter could not be written');
    let buried = false;
    const once = async (): Promise<void> => {
      await bury(nats, letter);
      buried = true;
    };
    await persist(once, { signal, backOff: buryBackOff, failed, until: () => buried });
    if (buried) this.finish(delivery, 'dead');
  }

  private count(outcome: string): void {
    const { service, name } = this.options.consumer;
    metrics.consumed.add(1, { service, consumer: name, outcome });
  }
}
