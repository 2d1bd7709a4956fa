import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Operation, Principal, RequestOf } from '@orrery/contracts';
import type { Bus, Outcome } from '@orrery/messaging';
import type { Identity } from '../access/authenticate.ts';

/** One request to the provider, as far as what is deep inside of it must know of it. */
export interface Visit {
  readonly ip: string;
  readonly userAgent: string | undefined;
  readonly requestId: string;
  readonly traceparent: string | undefined;
  /** Whom the session cookie stands for. */
  readonly who: Identity;
}

const visits = new AsyncLocalStorage<Visit>();
const askMs = 5_000;

let underWay = 0;

/** Between visits nothing is carried along: that would slow every promise of this process. */
export const during = <T>(visit: Visit, act: () => Promise<T>): Promise<T> => {
  underWay += 1;
  return visits.run(visit, act).finally(() => {
    underWay -= 1;
    if (underWay === 0) visits.disable();
  });
};

export const visitNow = (): Visit | undefined => visits.getStore();

/** The person who is logged in, with nothing owed. */
export const personNow = (): string | undefined => {
  const who = visitNow()?.who;
  return who?.kind === 'user' ? who.userId : undefined;
};

/** Asks a service on behalf of the visit under way. */
export class Asker {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  ask<X extends Operation>(operation: X, input: RequestOf<X>, principal: Principal = gateway): Promise<Outcome<X>> {
    const visit = visitNow();
    const id = visit?.requestId ?? randomUUID();
    const userAgent = visit?.userAgent?.slice(0, 200);
    return this.#bus.ask(operation, input, {
      principal,
      commandId: randomUUID(),
      idempotent: false,
      correlationId: id,
      causationId: id,
      deadlineAt: Date.now() + (operation.deadlineMs ?? askMs),
      ...(visit?.traceparent === undefined ? {} : { traceparent: visit.traceparent }),
      ...(visit === undefined ? {} : { origin: { ip: visit.ip, ...(userAgent === undefined ? {} : { userAgent }) } }),
    });
  }
}

const gateway: Principal = { kind: 'service', name: 'gateway' };
