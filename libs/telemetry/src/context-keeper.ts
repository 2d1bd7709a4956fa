import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

/**
 * Carries the context of a span along through promises and callbacks, but only while somebody works within one. On Node 20 carrying anything slows every
 * promise of the process: requests to models know their trace by hand, and would pay for those who do not.
 */
export class ContextKeeper extends AsyncLocalStorageContextManager {
  #within = 0;

  override active(): Context {
    return this.#within === 0 ? ROOT_CONTEXT : super.active();
  }

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    work: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    // Nobody's trace within nobody's trace.
    if (this.#within === 0 && context === ROOT_CONTEXT) return work.call(self, ...args);
    this.#within += 1;
    let result: ReturnType<F>;
    try {
      result = super.with(context, work, self, ...args);
    } catch (error) {
      this.#leave();
      throw error;
    }
    if (!(result instanceof Promise)) {
      this.#leave();
      return result;
    }
    const left = result.finally(this.#leave);
    // What follows a promise is a promise of the same. Who takes it hears of its failure, and where nobody does the process does.
    return left as ReturnType<F>;
  }

  readonly #leave = (): void => {
    this.#within -= 1;
    // Later: who leaves often enters again at once.
    if (this.#within === 0) setImmediate(this.#rest);
  };

  readonly #rest = (): void => {
    if (this.#within === 0) super.disable();
  };
}
