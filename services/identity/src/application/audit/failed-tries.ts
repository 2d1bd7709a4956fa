import { randomUUID } from 'node:crypto';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { identity, instantOf, type RequestContext, UserId } from '@orrery/contracts';
import { type EventStore, metadataOf } from '@orrery/event-store';
import { type Clock, repeat } from '@orrery/kernel';
import { metrics } from '@orrery/telemetry';
import type { TryPath } from '../../domain/try-paths.ts';
import { findByEmail, findById, type Person } from '../../views/people.view.ts';

interface Bundle {
  readonly path: identity.FailedPath;
  readonly subject: string;
  /** Of the first of them. */
  readonly context: RequestContext;
  readonly addresses: Set<string>;
  tries: number;
  /** The latest that any of them led to. */
  lockedUntil: number;
}

export interface FailedTriesOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
}

const everyMs = 1_000;
/** People and paths of one moment; what is beyond is only counted. */
const mostBundles = 2_000;
const mostAddresses = 1_000;

/**
 * Tells of wrong secrets that were shown for somebody: all of a moment as one event, written when the answer is long out. So
 * nobody learns from the time it takes whether there is such a person, and nobody fills the log: the lock-out bounds how many are
 * looked at, and this how many events they make. What is not yet told when a process dies is told by metrics alone.
 */
export class FailedTries implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly over = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private bundles = new Map<string, Bundle>();

  constructor(private readonly options: FailedTriesOptions) {}

  note(path: TryPath, subject: string, context: RequestContext, lockedUntil: number): void {
    const known = identity.FailedPath.safeParse(path);
    if (!known.success) return;
    const key = `${path}\n${subject}`;
    const bundle =
      this.bundles.get(key) ?? this.begin(key, { path: known.data, subject, context, addresses: new Set(), tries: 0, lockedUntil });
    if (!bundle) return;
    bundle.tries += 1;
    bundle.lockedUntil = Math.max(bundle.lockedUntil, lockedUntil);
    if (bundle.addresses.size < mostAddresses) bundle.addresses.add(context.origin?.ip ?? '');
  }

  onApplicationBootstrap(): void {
    const { failed } = this.options;
    this.running = repeat(() => this.tell(), { everyMs, signal: this.over.signal, failed });
  }

  async onApplicationShutdown(): Promise<void> {
    this.over.abort();
    await this.running;
    await this.tell().catch(this.options.failed);
  }

  private begin(key: string, bundle: Bundle): Bundle | undefined {
    if (this.bundles.size >= mostBundles) {
      metrics.failedTries.add(1, { outcome: 'dropped' });
      return undefined;
    }
    this.bundles.set(key, bundle);
    return bundle;
  }

  private async tell(): Promise<void> {
    const told = [...this.bundles.values()];
    this.bundles = new Map();
    for (const [index, bundle] of told.entries()) {
      try {
        await this.tellOf(bundle);
      } catch (error) {
        metrics.failedTries.add(
          told.slice(index).reduce((sum, { tries }) => sum + tries, 0),
          { outcome: 'dropped' },
        );
        throw error;
      }
    }
  }

  private async tellOf({ path, subject, context, addresses, tries, lockedUntil: until }: Bundle): Promise<void> {
    const { store, clock } = this.options;
    const person = await this.personOf(path, subject);
    if (!person) return;
    // A lock-out that has ended since was one.
    const lockedUntil = until === 0 ? null : instantOf(until);
    const data = { userId: person.id, path, tries, addresses: addresses.size, lockedUntil, at: instantOf(clock.now()) };
    await store.commit({
      appends: [{ stream: `sign-in-failure-${randomUUID()}`, expected: 0, events: [{ type: 'SignInFailed', data }] }],
      metadata: metadataOf(context),
    });
    metrics.failedTries.add(tries, { outcome: 'told' });
  }

  /** A log-in names an address, everything else a person. */
  private async personOf(path: identity.FailedPath, subject: string): Promise<Person | undefined> {
    if (path === 'login') return await findByEmail(this.options.store, subject);
    const userId = UserId.safeParse(subject);
    return userId.success ? await findById(this.options.store, userId.data) : undefined;
  }
}
