import { Failed } from '../../failure.ts';
import type { RouteTarget } from '../routing/route-table.ts';
import { Attempt, type Message } from './attempt.ts';
import type { Upstreams } from './upstreams.ts';

/** At once, of all models together: what is only looked at must not crowd out what is waited for. */
const mostAtOnce = 64;
const nobody = (): void => undefined;

const sayable = (message: () => Message): Message | undefined => {
  try {
    return message();
  } catch (error) {
    if (error instanceof Failed) return undefined;
    throw error;
  }
};

/** Copies of requests that are answered elsewhere as well. Nobody waits for these answers, sees or pays them. */
export class Shadows {
  readonly #upstreams: Upstreams;
  readonly #under = new Map<Attempt, Promise<void>>();

  constructor(upstreams: Upstreams) {
    this.#upstreams = upstreams;
  }

  /** Where there is no room for it, or it cannot be said there, it is left out. */
  cast(target: RouteTarget, messageFor: (target: RouteTarget) => Message, now: number): void {
    if (this.#under.size >= mostAtOnce) return;
    const { places, pool, base } = this.#upstreams.of(target.upstream, now);
    if (!places.hasRoom) return;
    const message = sayable(() => messageFor(target));
    if (message === undefined || places.enter(nobody) !== 'at-once') return;
    const attempt = new Attempt(target.upstream, { deadlines: this.#upstreams.deadlines, onSent: nobody });
    const over = attempt
      .begin(pool, base, message)
      .then(async (head) => {
        if (typeof head !== 'string' && head.refusal === undefined) await attempt.drain({ take: () => true });
      })
      .finally(() => {
        places.leave();
        this.#under.delete(attempt);
      });
    this.#under.set(attempt, over);
  }

  async stop(): Promise<void> {
    const over = [...this.#under.values()];
    for (const attempt of this.#under.keys()) attempt.cancel();
    await Promise.allSettled(over);
  }
}
