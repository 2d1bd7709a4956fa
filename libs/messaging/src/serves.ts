import { MessagePattern } from '@nestjs/microservices';
import type { InputOf, Operation, OutputOf, RequestContext } from '@orrery/contracts';
import { bindable } from './binding.ts';

/** Marks handlers of this strategy, so that in an application with several transports no other binds them. */
export const transportId = Symbol('orrery.nats');

/** What serves an operation: one answer, or for a stream as many as the signal allows. */
export type HandlerOf<X extends Operation> = X['kind'] extends 'stream'
  ? (input: InputOf<X>, context: RequestContext, signal: AbortSignal) => AsyncIterable<OutputOf<X>> | Promise<AsyncIterable<OutputOf<X>>>
  : (input: InputOf<X>, context: RequestContext) => Promise<OutputOf<X>>;

/** Serves an operation with a method of a controller. It does not compile where the two disagree. */
export const Serves =
  <X extends Operation>(operation: X) =>
  <H extends HandlerOf<X>>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<H>): void => {
    const method = descriptor.value;
    if (!method) throw new TypeError(`@Serves(${operation.subject}) belongs on a method`);
    Object.assign(descriptor, { value: bindable(method) });
    MessagePattern(operation.subject, transportId, { operation })(target, key, descriptor);
  };
