import { type Currency, formatNanos, type Instant, type inference, type OrgId, parseNanos } from '@orrery/contracts';

/** What is settled together, and the requests that are in it. */
export interface Settling {
  readonly settlement: inference.Settlement;
  readonly records: readonly inference.SettledUsage[];
}

interface Given {
  readonly newId: () => inference.SettlementId;
  readonly at: Instant;
}

const grouped = <T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
};

const costOf = (records: readonly inference.UsageRecord[]): bigint => records.reduce((sum, { cost }) => sum + parseNanos(cost), 0n);

const totalOf = (records: readonly inference.UsageRecord[], count: 'input' | 'output' | 'cached'): number =>
  records.reduce((sum, record) => sum + record[count], 0);

const lineOf = (records: readonly [inference.UsageRecord, ...inference.UsageRecord[]]): inference.SettlementLine => {
  const [{ model, priceVersion }] = records;
  return {
    model,
    priceVersion,
    requests: records.length,
    estimated: records.filter(({ isEstimated }) => isEstimated).length,
    input: totalOf(records, 'input'),
    output: totalOf(records, 'output'),
    cached: totalOf(records, 'cached'),
    cost: formatNanos(costOf(records)),
  };
};

/** One for each organization, with a line for each model and price book: whatever its costs are, a settlement is their exact sum. */
export const settlementsOf = (records: readonly inference.SettledUsage[], { newId, at }: Given): readonly Settling[] =>
  grouped(records, ({ orgId, currency }) => `${orgId} ${currency}`).flatMap((ofOrg) => {
    const [first] = ofOrg;
    if (first === undefined) return [];
    const { orgId, currency }: { orgId: OrgId; currency: Currency } = first;
    const lines = grouped(ofOrg, ({ model, priceVersion }) => `${model} ${priceVersion}`).flatMap(([head, ...rest]) =>
      head === undefined ? [] : [lineOf([head, ...rest])],
    );
    const moments = ofOrg.map(({ settledAt }) => settledAt).sort();
    const settlement = {
      settlementId: newId(),
      orgId,
      currency,
      requests: ofOrg.length,
      cost: formatNanos(costOf(ofOrg)),
      lines,
      from: moments[0] ?? at,
      to: moments.at(-1) ?? at,
      at,
    };
    return [{ settlement, records: ofOrg }];
  });
