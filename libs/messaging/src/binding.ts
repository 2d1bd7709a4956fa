import type { RequestContext } from '@orrery/contracts';

export type Method = (input: never, context: RequestContext, signal: AbortSignal) => unknown;

/** A method and the controller it belongs to. */
export interface Binding {
  readonly controller: object;
  readonly method: Method;
}

const whoAreYou = Symbol('orrery.binding');

/**
 * A method that answers to one secret question with itself. So the strategy learns from Nest once, at the start, which
 * instance serves an operation, and then calls it directly: Nest's pipeline costs more than the whole of ours.
 */
export const bindable = (method: Method): Method =>
  function (this: object, first: unknown, context: RequestContext, signal: AbortSignal): unknown {
    if (first !== whoAreYou) return Reflect.apply(method, this, [first, context, signal]);
    return { controller: this, method } satisfies Binding;
  };

export const bindingOf = async (handler: (first: unknown) => Promise<unknown>): Promise<Binding> =>
  // Nest passes on what the method returns, and `bindable` returns this.
  (await handler(whoAreYou)) as Binding;

/** What Nest would run around a handler, by the names under which it keeps them. */
const enhancers = ['__guards__', '__interceptors__', '__pipes__', '__exceptionFilters__'];

/** Nest's enhancers do not run on the bus: better not to start than to start without a guard that somebody relies on. */
export const refuseEnhancers = ({ controller, method }: Binding, name: string): void => {
  for (const key of enhancers) {
    if (Reflect.hasMetadata(key, method) || Reflect.hasMetadata(key, controller.constructor)) {
      throw new TypeError(`${name} has ${key.replaceAll('_', '')} of Nest: they do not run on the bus`);
    }
  }
};
