import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { epochOf, type Instant, instantOf, type UserId } from '@orrery/contracts';
import { type CommandContext, type EventStore, metadataOf, type Write } from '@orrery/event-store';
import { type BackOff, Bell, pause, pauseOf, persist, systemClock } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import type { Letter } from '../../domain/letters/letter.ts';
import { addressOf } from '../../domain/users/no-address.ts';
import type { ClaimKey } from '../users/claim-key.ts';
import { type Carrier, Undeliverable } from './carrier.ts';
import { type LetterKind, type LetterRow, LettersTable, letterIn, slipOf, type WishKind } from './letters-table.ts';

/** Fulfils a wish: puts a letter in its place, or drops it. `wish` is its row. */
export type Fulfil = (address: string, wish: LetterRow) => Promise<void>;

export interface PostOptions {
  readonly store: EventStore;
  /** Undefined: there is nothing to send with, and letters are kept. */
  readonly carrier: Carrier | undefined;
  /** Letters can be read here after they were sent: for development. */
  readonly isReadable: boolean;
  readonly claimKey: ClaimKey;
  readonly log: Log;
}

export interface Gone {
  readonly person: UserId;
  readonly address: string | undefined;
  readonly before: Instant;
}

export interface Posting {
  readonly person?: UserId;
  readonly expiresAt?: Instant;
}

const dayMs = 86_400_000;
const usualDays = 3;
const atOnce = 4;
/** Longer than a mail server may keep silent in all its steps. */
const leaseMs = 180_000;
const lookMs = 5_000;
const drainMs = 3_000;
const mostTries = 12;
const backOff: BackOff = { firstMs: 5_000, longestMs: 1_800_000 };
const troubles: BackOff = { firstMs: 500, longestMs: 30_000 };

/** Sends letters after what they are about is committed, each until it was taken, but not for ever. */
export class Post implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly table: LettersTable;
  private readonly bell = new Bell();
  private readonly over = new AbortController();
  private readonly wishes = new Map<LetterKind, Fulfil>();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: PostOptions) {
    this.table = new LettersTable(options.store);
  }

  get isReadable(): boolean {
    return this.options.isReadable;
  }

  /** For a unit: the letter is sent if the unit is committed. Say `collect` afterwards. */
  slip(letter: Letter, { person, expiresAt }: Posting = {}): Write {
    const now = systemClock.now();
    const until = expiresAt ?? instantOf(now + usualDays * dayMs);
    return slipOf(this.options, letter, { expiresAt: until, person: person ?? null }, now);
  }

  /** In place of a wish. */
  answer({ id }: LetterRow, letter: Letter, { person, expiresAt }: Required<Posting>): Write {
    return slipOf(this.options, letter, { id, person, expiresAt }, systemClock.now());
  }

  /** A wish of somebody who may or may not be known here: takes the same time for everybody. */
  wish(kind: WishKind, address: string): Write {
    const now = systemClock.now();
    const expiresAt = instantOf(now + dayMs);
    return slipOf(this.options, { to: address, subject: '', text: '' }, { kind, expiresAt }, now);
  }

  onWish(kind: WishKind, fulfil: Fulfil): void {
    this.wishes.set(kind, fulfil);
  }

  /** Sends what belongs to nothing else that is committed. */
  async send(letter: Letter, posting: Posting, context: CommandContext): Promise<void> {
    await this.options.store.commit({ appends: [], writes: [this.slip(letter, posting)], metadata: metadataOf(context) });
    this.collect();
  }

  drop({ id }: LetterRow): Promise<void> {
    return this.table.drop(id);
  }

  /** Forgets letters that nobody wants any more. */
  prune(): Promise<number> {
    return this.table.prune();
  }

  /** Whatever was on its way to a person, or was sent, before they went. */
  dropOf({ person, address, before }: Gone): Promise<void> {
    const recipient = address === undefined ? null : this.options.claimKey.ofEmail(address);
    return this.table.dropOf(person, recipient, before);
  }

  /** There is something in the box. */
  collect(): void {
    this.bell.ring();
  }

  onApplicationBootstrap(): void {
    const { carrier, isReadable, log } = this.options;
    if (!carrier && !isReadable) log.warn('ORRERY_SMTP_URL is not set: letters are kept, and nobody gets them');
    const failed = (err: unknown): void => log.warn({ err }, 'the outbox could not be emptied; trying again');
    this.running = persist(() => this.empty(), { signal: this.over.signal, backOff: troubles, failed });
  }

  async onApplicationShutdown(): Promise<void> {
    this.over.abort();
    // What a slow mail server holds up is due again when its lease is over.
    const enough = new AbortController();
    await Promise.race([this.running, pause(drainMs, enough.signal)]);
    enough.abort();
  }

  private async empty(): Promise<void> {
    const { signal } = this.over;
    while (!signal.aborted) {
      const taken = await this.table.take(atOnce, leaseMs);
      await Promise.all(taken.map((row) => this.deliver(row)));
      if (taken.length < atOnce) await this.bell.wait(lookMs * (0.75 + Math.random() / 2), signal);
    }
  }

  private async deliver(row: LetterRow): Promise<void> {
    try {
      await this.attempt(row);
    } catch (error) {
      const isOver = error instanceof Undeliverable || row.tries >= mostTries;
      const pauseMs = pauseOf(row.tries, backOff);
      this.options.log.warn({ err: error, letter: row.id, tries: row.tries, ...(isOver ? {} : { pauseMs }) }, 'a letter was not taken');
      metrics.letters.add(1, { outcome: isOver ? 'given-up' : 'failed' });
      if (isOver) await this.table.end(row.id, 'given-up', this.options.isReadable);
      else await this.table.postpone(row.id, pauseMs);
    }
  }

  private async attempt(row: LetterRow): Promise<void> {
    const { store, carrier, isReadable } = this.options;
    const letter = letterIn(store, row);
    if (!letter || epochOf(row.expiresAt) <= systemClock.now()) return await this.table.drop(row.id);
    const fulfil = this.wishes.get(row.kind);
    if (fulfil) return await fulfil(letter.to, row).then(() => this.collect());
    if (!carrier || addressOf(letter.to) === null) {
      metrics.letters.add(1, { outcome: 'kept' });
      return await this.table.end(row.id, 'kept', isReadable);
    }
    await carrier.carry(letter, row.id);
    metrics.letters.add(1, { outcome: 'sent' });
    await this.table.end(row.id, 'sent', isReadable);
  }
}
