import type { Attributes } from '@opentelemetry/api';
import type { Operation } from '@orrery/contracts';
import { agentSubject, askAsAgentSubject, askSubject, partsOf } from './subjects.ts';

const defaultDeadlineMs = 5_000;

/** What the bus reads off a contract, once. */
export interface Route extends Target {
  readonly name: string;
  readonly deadlineMs: number;
  readonly attributes: Attributes;
}

const routes = new WeakMap<Operation, Route>();

export const routeOf = (operation: Operation): Route => {
  const known = routes.get(operation);
  if (known) return known;
  const { service, name } = partsOf(operation);
  const route: Route = {
    subject: askSubject(operation),
    service,
    isAgent: service === 'agent',
    name,
    deadlineMs: operation.deadlineMs ?? defaultDeadlineMs,
    attributes: { 'rpc.system': 'nats', 'rpc.service': service, 'rpc.method': name },
  };
  routes.set(operation, route);
  return route;
};

/** Where to send a request, and the name of whoever should answer. */
export interface Target {
  readonly subject: string;
  readonly service: string;
  /** Answered by an agent, whose word is not taken for anything. */
  readonly isAgent: boolean;
}

/** A contract named `agent.<verb>` is served by one agent; one with access `agent` is asked by one. */
export const targetOf = (
  operation: Operation,
  asker: { readonly kind: string; readonly id?: string },
  agent: string | undefined,
): Target => {
  const route = routeOf(operation);
  if (route.isAgent) {
    if (agent === undefined) throw new TypeError(`${operation.subject} is served by agents: name one`);
    return { subject: agentSubject(agent, route.name), service: `agent:${agent}`, isAgent: true };
  }
  if (operation.access !== 'agent' || asker.kind !== 'agent' || asker.id === undefined) return route;
  return { subject: askAsAgentSubject(operation, asker.id), service: route.service, isAgent: false };
};
