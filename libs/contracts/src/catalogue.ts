import * as billing from './billing/index.ts';
import * as catalog from './catalog/index.ts';
import type { EventContract, Operation } from './define.ts';
import * as execution from './execution/index.ts';
import * as identity from './identity/index.ts';
import * as inference from './inference/index.ts';
import * as observability from './observability/index.ts';

const isOperation = (value: unknown): value is Operation =>
  typeof value === 'object' && value !== null && 'subject' in value && 'refusals' in value && 'kind' in value && value.kind !== 'paid';

/** Every operation on the bus, by its name. */
export const operations: Readonly<Record<string, Operation>> = Object.fromEntries(
  [identity, catalog, inference, execution, billing, observability].flatMap((service) =>
    Object.entries(service).filter((entry): entry is [string, Operation] => isOperation(entry[1])),
  ),
);

/** Every event that a log may hold. */
export const storedEvents: readonly EventContract[] = [
  identity.IdentityEvents,
  catalog.CatalogEvents,
  inference.InferenceEvents,
  execution.ExecutionEvents,
  billing.BillingEvents,
].flatMap((events) => Object.values<EventContract>(events));

/** Every event that others may consume. */
export const eventContracts: readonly EventContract[] = storedEvents.filter(({ isPrivate }) => !isPrivate);
