import { randomUUID } from 'node:crypto';
import { identity, instantOf, type RequestContext } from '@orrery/contracts';
import { type Clock, repeat } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import { type Log, metrics } from '@orrery/telemetry';

export interface KeyUsesOptions {
  readonly bus: Pick<Bus, 'ask'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
}

/** Keys remembered between two tellings; of more, the use is not told. */
const mostKept = 20_000;
const tellMs = 2_000;

type Uses = ReadonlyMap<identity.ApiKeyId, number>;

const contextAt = (now: number): RequestContext => {
  const id = randomUUID();
  const principal = { kind: 'service', name: 'gateway' } as const;
  return { principal, commandId: id, idempotent: false, correlationId: id, causationId: 'key-uses', deadlineAt: now + tellMs };
};

/** Remembers when each key was last used, and tells it now and then, many keys at once: a request costs no write. */
export class KeyUses {
  readonly #options: KeyUsesOptions;
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  #uses = new Map<identity.ApiKeyId, number>();

  constructor(options: KeyUsesOptions) {
    this.#options = options;
    const { everyMs, log } = options;
    const failed = (err: unknown): void => log.warn({ err }, 'the last use of keys could not be told; trying again');
    this.#running = repeat(() => this.#tell(), { everyMs, signal: this.#over.signal, failed });
  }

  note(keyId: identity.ApiKeyId): void {
    this.#keep(keyId, this.#options.clock.now());
  }

  /** Tells what is left, for as long as one telling may take. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
    await this.#tell().catch((err: unknown) => this.#options.log.warn({ err }, 'the last use of some keys was never told'));
  }

  #keep(keyId: identity.ApiKeyId, at: number): void {
    const known = this.#uses.get(keyId);
    if (known === undefined && this.#uses.size >= mostKept) metrics.keyUses.add(1, { outcome: 'dropped' });
    else if (known === undefined || known < at) this.#uses.set(keyId, at);
  }

  async #tell(): Promise<void> {
    const left = [...this.#take()];
    while (left.length > 0) {
      const batch = left.splice(0, identity.mostUsesAtOnce);
      try {
        await this.#send(new Map(batch));
        metrics.keyUses.add(batch.length, { outcome: 'told' });
      } catch (error) {
        metrics.keyUses.add(batch.length, { outcome: 'failed' });
        for (const [keyId, at] of [...batch, ...left]) this.#keep(keyId, at);
        throw error;
      }
    }
  }

  #take(): Uses {
    const taken = this.#uses;
    this.#uses = new Map();
    return taken;
  }

  async #send(uses: Uses): Promise<void> {
    const { bus, clock } = this.#options;
    const input = { uses: [...uses].map(([keyId, at]) => ({ keyId, at: instantOf(at) })) };
    const outcome = await bus.ask(identity.RecordKeyUses, input, contextAt(clock.now()));
    if (!outcome.accepted) throw new Error(`identity refused to be told of uses: ${outcome.rejection.code}`);
  }
}
