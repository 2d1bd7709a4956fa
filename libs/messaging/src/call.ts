import type { RequestContext } from '@orrery/contracts';

export type Method = (input: never, context: RequestContext, signal: AbortSignal) => unknown;

/**
 * One request on its way through Nest. Nest finds the controller; the call then carries its own answer, so that neither
 * a refusal nor a fault passes through the framework's exception filters.
 */
export class Call {
  readonly #input: unknown;
  readonly #context: RequestContext;
  readonly #signal: AbortSignal;
  result: unknown;
  error: unknown;
  hasFailed = false;

  constructor(input: unknown, context: RequestContext, signal: AbortSignal) {
    this.#input = input;
    this.#context = context;
    this.#signal = signal;
  }

  /** A method that is also called by Nest with a call in the place of its input. */
  static entry(method: Method): Method {
    return function (this: unknown, first: unknown, context: RequestContext, signal: AbortSignal): unknown {
      if (first instanceof Call) return first.#pass(this, method);
      return Reflect.apply(method, this, [first, context, signal]);
    };
  }

  async #pass(controller: unknown, method: Method): Promise<void> {
    try {
      this.result = await Reflect.apply(method, controller, [this.#input, this.#context, this.#signal]);
    } catch (error) {
      this.error = error;
      this.hasFailed = true;
    }
  }
}
