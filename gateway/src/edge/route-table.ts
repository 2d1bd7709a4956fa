import type { FastifyInstance, RouteOptions } from 'fastify';
import type { Route } from '../dialect.ts';
import { isPaidHandler } from '../inference/run/runs.ts';

/**
 * Who may call a route: whoever may ask its operations, or everybody, with the reason why that is right.
 * There is no third kind, so nothing is served that nobody thought about.
 */
export type Policy = { readonly route: Route } | { readonly openTo: 'everybody'; readonly because: string };

/** A route as the running server has it: canonical, a row of a dialect, or made by hand. */
export interface TableRow {
  readonly method: string;
  /** From the root of the host, with its fields as `:field`. */
  readonly url: string;
  readonly policy: Policy;
}

/** What costs money is run by `RequestRun` or not at all: a handler of any other kind would give it away. */
const assertPaid = ({ method, url, handler }: RouteOptions, { kind, operations }: Route): void => {
  const kinds: readonly string[] = operations.map((operation) => operation.kind);
  const isPaid = kind === 'paid' || kinds.includes('paid');
  if (!isPaid || (kind === 'paid' && isPaidHandler(handler))) return;
  throw new TypeError(`${method} ${url} costs money, and is not run by RequestRun: make it a paid route of a dialect`);
};

const policyOf = (added: RouteOptions): Policy => {
  const { method, url, config = {} } = added;
  const { route, openTo, because } = config as Partial<{ route: Route; openTo: string; because: string }>;
  if (route !== undefined && route.operations.length > 0) {
    assertPaid(added, route);
    return { route };
  }
  if (openTo === 'everybody' && because) return { openTo, because };
  throw new TypeError(
    `${method} ${url} says of nobody that they may call it: give it operations, or config { openTo: 'everybody', because: '…' }`,
  );
};

/** Writes down every route that is added from here on, and lets none be added that declares no policy. */
export const keepRouteTable = (app: FastifyInstance): readonly TableRow[] => {
  const rows: TableRow[] = [];
  app.addHook('onRoute', (added) => {
    const policy = policyOf(added);
    for (const method of [added.method].flat()) rows.push({ method, url: added.url, policy });
  });
  return rows;
};
