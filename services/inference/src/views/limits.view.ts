import { inference, type OrgId } from '@orrery/contracts';
import { type EventStore, type Fact, instant, json, type TableRow, text, uuid, view } from '@orrery/event-store';
import { isUnbounded } from '../domain/limits.ts';

export const usageLimits = view({
  name: 'usage-limits',
  table: 'usage_limits',
  columns: {
    orgId: uuid<OrgId>(),
    by: text<inference.LimitSetter>(),
    thingKey: text(),
    thing: json<inference.LimitedThing>(),
    limits: json<inference.UsageLimits>(),
    setAt: instant(),
  },
  key: ['orgId', 'by', 'thingKey'],
  fold: ({ event }: Fact<inference.InferenceEvent>) => {
    if (event.type !== 'UsageLimitSet') return [];
    const { orgId, by, thing, limits, at: setAt } = event.data;
    const key = { orgId, by, thingKey: inference.keyOfThing(thing) };
    return isUnbounded(limits) ? [{ drop: key }] : [{ put: { ...key, thing, limits, setAt } }];
  },
});

export const limitViewOf = ({ by, thing, limits, setAt }: TableRow<typeof usageLimits>): inference.LimitView => ({
  by,
  thing,
  limits,
  setAt,
});

const inOrder = { by: ['by', 'thingKey'] } as const;

export const listLimits = async (
  store: EventStore,
  orgId: OrgId,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const { items, ...rest } = await store.read(usageLimits).page({ where: { orgId }, order: inOrder, ...page });
  return { ...rest, items: items.map(limitViewOf) };
};

/** Undefined where an organization has none. */
export const limitsOf = async (store: EventStore, orgId: OrgId): Promise<inference.LimitsSnapshot | undefined> => {
  const rows = await store.read(usageLimits).list({ where: { orgId }, order: inOrder, limit: inference.mostLimits });
  return rows.length === 0 ? undefined : snapshotOf(orgId, rows);
};

const snapshotOf = (orgId: OrgId, rows: readonly TableRow<typeof usageLimits>[]): inference.LimitsSnapshot => ({
  orgId,
  limits: rows.map(({ by, thing, limits }) => ({ by, thing, limits })),
});

const pageRows = 500;

/** Of every organization that has some. */
export const allLimits = async (store: EventStore): Promise<readonly (readonly [string, inference.LimitsSnapshot])[]> => {
  const byOrg = new Map<OrgId, TableRow<typeof usageLimits>[]>();
  let cursor: string | undefined;
  do {
    const page = await store.read(usageLimits).page({ order: { by: ['orgId', ...inOrder.by] }, limit: pageRows, cursor });
    for (const row of page.items) byOrg.set(row.orgId, [...(byOrg.get(row.orgId) ?? []), row]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return [...byOrg].map(([orgId, rows]) => [orgId, snapshotOf(orgId, rows)] as const);
};
