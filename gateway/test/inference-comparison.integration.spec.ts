import { randomUUID } from 'node:crypto';
import { billing, inference } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import type { DurableUsage } from '../src/inference/usage/durable-usage.ts';
import { type Money, startMoney } from './fixtures/money.ts';
import { recordOf, reservationOf, toldOf } from './fixtures/requests.ts';

const minutes = 60_000;
const at = { everyMs: 100, closedMs: 1_000, patienceMs: 2_000 };

let money: Money;
/** The gateways' clock runs ahead, so that a minute is over when the test says so. */
let ahead = 0;
const clock = { now: () => Date.now() + ahead };

beforeAll(async () => {
  money = await startMoney();
}, 90_000);
afterAll(async () => {
  await money?.stop();
}, 30_000);

const run = async (usage: DurableUsage, record: inference.UsageRecord): Promise<void> => {
  const { held } = await usage.reserve(reservationOf(record), () => toldOf(record));
  if (held === undefined) throw new Error('it was not let in');
  await usage.settled(held, toldOf(record));
};
const differencesFor = async (orgId: string) => {
  const { items } = await money.asOperator(inference.ListDifferences, {});
  return items.filter((each) => each.orgId === orgId);
};
const billed = (orgId: string, amount: bigint) =>
  eventually(async () => expect((await money.balanceOf(orgId)).used).toBe(amount.toString()), { within: 20_000 });

describe('Limits, usage and ledger', () => {
  it('are compared minute by minute: nothing is told while they agree, and what differs is told once', async () => {
    const usage = await money.usage({ clock, comparison: at });
    const [good, bad] = [await money.newOrg(), await money.newOrg()];
    for (const orgId of [good, bad]) for (let count = 0; count < 3; count += 1) await run(usage, recordOf(orgId, 11n));
    await Promise.all([billed(good, 33n), billed(bad, 33n)]);
    // A request vanishes from the log.
    await money.pools.inference.query(
      'DELETE FROM inference_log WHERE request_id = (SELECT min(request_id::text)::uuid FROM inference_log WHERE org_id = $1)',
      [bad],
    );
    ahead += 3 * minutes;
    const [told] = await eventually(
      async () => {
        const found = (await differencesFor(bad)).filter(({ between }) => between === 'limits-and-log');
        return found.length > 0 && found;
      },
      { within: 20_000 },
    );
    // However many of them fell into one minute.
    expect(BigInt(told?.first ?? 0) - BigInt(told?.second ?? 0)).toBe(11n);
    expect((told?.firstRequests ?? 0) - (told?.secondRequests ?? 0)).toBe(1);
    expect(await differencesFor(good)).toEqual([]);
  }, 60_000);

  it('are compared as to what is set aside: money that nobody has set aside is told', async () => {
    const usage = await money.usage({ clock, comparison: at });
    const orgId = await money.newOrg();
    const open = recordOf(orgId, 5n);
    const { held } = await usage.reserve(reservationOf(open), () => toldOf(open));
    expect(held).toBeDefined();
    await money.client.hincrby(`orrery:inference:{${orgId}}:credit`, 'reserved', 7);
    const [told] = await eventually(
      async () => {
        const found = await differencesFor(orgId);
        return found.length > 0 && found;
      },
      { within: 20_000 },
    );
    expect(told).toMatchObject({ between: 'limits-and-requests', first: '1007', second: '1000', firstRequests: 1 });
  }, 60_000);

  /** A settlement of what no request came to, as one would be that was committed hours after its moment. */
  const settleLate = async (orgId: string): Promise<string> => {
    const settlementId = randomUUID();
    const at = new Date(Date.now() - 180 * minutes).toISOString();
    await money.pools.inference.query(
      `WITH known AS (SELECT e.*, s.requests, s.cost FROM events e JOIN settlements s ON e.stream = 'settlement-' || s.settlement_id WHERE s.org_id = $2),
        settled AS (
          INSERT INTO events (id, stream, version, type, data, metadata, recorded_at)
          SELECT gen_random_uuid(), 'settlement-' || $1::text, 1, type,
            (data::jsonb || jsonb_build_object('settlementId', $1::text, 'at', $3::text))::json, metadata, $3::timestamptz FROM known
        )
        INSERT INTO settlements (settlement_id, org_id, requests, cost, at) SELECT $1::uuid, $2, requests, cost, $3::timestamptz FROM known`,
      [settlementId, orgId, at],
    );
    return settlementId;
  };

  it('are compared settlement by settlement, whenever one is committed: what was charged otherwise than it was logged is told', async () => {
    const usage = await money.usage();
    const orgId = await money.newOrg();
    await run(usage, recordOf(orgId, 50n));
    await billed(orgId, 50n);
    // As far as that one it was compared.
    await eventually(
      async () => {
        const { rowCount } = await money.pools.inference.query(
          `SELECT 1 FROM checkpoints c, events e, settlements s WHERE c.name = 'comparison' AND s.org_id = $1
            AND e.stream = 'settlement-' || s.settlement_id AND (c.transaction, c.position) >= (e.transaction, e.position)`,
          [orgId],
        );
        return rowCount === 1;
      },
      { within: 45_000 },
    );
    const settlementId = await settleLate(orgId);
    const [told] = await eventually(
      async () => {
        const found = await differencesFor(orgId);
        return found.length > 0 && found;
      },
      { within: 45_000 },
    );
    expect(told).toMatchObject({ between: 'log-and-ledger', of: settlementId, first: '0', second: '50', firstRequests: 0 });
    expect(await differencesFor(orgId)).toHaveLength(1);
    // The ledger notices by itself what differs within it.
    const charge = `UPDATE entries SET amount = amount - 1 WHERE account = 'credits' AND org_id = $1 AND amount < 0`;
    await money.pools.billing.query(charge, [orgId]);
    expect((await money.asOperator(billing.CheckLedger, {})).differences).not.toEqual([]);
  }, 120_000);
});
