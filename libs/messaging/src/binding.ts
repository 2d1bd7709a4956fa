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

/** What Nest would run around a handler, by the names under which it keeps them. */
const enhancers = ['__guards__', '__interceptors__', '__pipes__', '__exceptionFilters__'];

const isEnhanced = ({ controller, method }: Binding): boolean =>
  enhancers.some((key) => Reflect.hasMetadata(key, method) || Reflect.hasMetadata(key, controller.constructor));

const isBinding = (value: unknown): value is Binding =>
  typeof value === 'object' && value !== null && 'controller' in value && 'method' in value;

/**
 * Asks Nest's handler who it is. Nest's enhancers do not run on the bus: better not to start than to start without a guard that
 * somebody relies on. A guard may also stand in the way of the question itself.
 */
export const bindingOf = async (handler: (first: unknown) => Promise<unknown>, name: string): Promise<Binding> => {
  const binding = await handler(whoAreYou);
  if (isBinding(binding) && !isEnhanced(binding)) return binding;
  throw new TypeError(`${name} has a guard, interceptor, pipe or filter of Nest: they do not run on the bus`);
};
