import { billing, catalog, execution, identity } from '@orrery/contracts';
import { at, id, json, nanos, over, sample } from '../../../test/fixtures/lyceum-samples.ts';
import { tokens } from './authentication.ts';
import { activity, creditDetails, creditsOf, history, userStatus } from './billing.ts';
import { machineType, price } from './hardware.ts';
import { stringify } from './json.ts';
import { orgKey, personalKey } from './keys.ts';
import { line } from './logs.ts';
import { detailsIn, detailsOut, membership, org, transaction } from './organizations.ts';

describe('Tokens, keys and organizations', () => {
  it('are called as clients know them', () => {
    const known = {
      access_token: 'sample',
      refresh_token: 'sample',
      token_type: 'bearer',
      expires_in: 1,
      user_id: id,
      email: 'sample',
    };
    expect(json(tokens({ ...sample(identity.LogIn), secondFactorNeeded: false }))).toEqual(known);
    expect(json(tokens({ ...sample(identity.LogIn), secondFactorNeeded: true }))).toEqual({ ...known, mfa_required: true });
    const key = sample(identity.ListApiKeys).items[0];
    if (!key) throw new Error('the sample of a list has an item');
    expect(Object.keys(json(personalKey(key)) as object)).toEqual([
      'id',
      'key_name',
      'key_prefix',
      'is_active',
      'last_used_at',
      'created_at',
      'expires_at',
    ]);
    expect(json(orgKey(key))).toEqual({
      id,
      org_id: id,
      name: 'sample',
      prefix: 'sample',
      is_active: true,
      created_at: at,
      expires_at: at,
      last_used_at: at,
    });
  });

  it('keep the details of an invoice on the way in and out', () => {
    const details = { companyName: 'ACME', country: 'DE', taxId: 'DE123' };
    const there = json(detailsOut(details)) as Record<string, string>;
    expect(there).toMatchObject({ billing_company_name: 'ACME', billing_country: 'DE', billing_tax_id: 'DE123', billing_city: null });
    expect(Object.keys(there)).toHaveLength(9);
    expect(detailsIn(there as never)).toMatchObject({ ...details, city: null });
    const view = { ...sample(identity.GetOrg), billingDetails: details };
    expect(json(org(view))).toEqual({
      id,
      slug: 'sample',
      name: 'sample',
      created_at: at,
      billing_email: 'sample',
      billing_details: there,
    });
    expect(json(membership({ ...view, role: 'owner', isDefault: true }))).toMatchObject({ role: 'owner', is_default: true });
  });

  it('show a movement of the account with exact amounts', () => {
    const moved = {
      ...sample(billing.ListTransactions).items[0],
      id,
      kind: 'charge',
      amount: nanos(-1_500_000_000n),
      balanceAfter: nanos(1n),
      at,
    };
    expect(json(transaction(moved as billing.TransactionView))).toEqual({
      id,
      type: 'charge',
      amount: '-1.5',
      balance_after: '0.000000001',
      description: 'sample',
      created_at: at,
    });
  });
});

describe('Hardware and prices', () => {
  it('are exact', () => {
    const offer = { ...sample(catalog.ListMachineTypes).items[0], name: 'cpu', nanosPerSecond: nanos(13_889n) };
    expect(stringify(machineType(offer as never))).toBe('{"hardware_profile":"cpu","price_per_hour":0.0500004}');
    expect(json(machineType({ ...offer, nanosPerSecond: null } as never))).toEqual({ hardware_profile: 'cpu', price_per_hour: null });
    expect(json(price({ meter: 'run.seconds', resource: 'cpu', unit: 'second', nanosPerUnit: nanos(13_889n) }))).toEqual({
      meter_slug: 'run_seconds',
      resource: 'cpu',
      applies_to: { hardware_profile: 'cpu' },
      unit: 'second',
      unit_price: '0.000013889',
      unit_price_per_hour: '0.0500004',
    });
  });
});

describe('Billing', () => {
  const balance = { ...sample(billing.GetBalance), balance: nanos(9_999_999_999n), used: nanos(1n), purchased: nanos(0n) };
  const me = sample(identity.GetMe);

  it('shows credits as exact numbers', () => {
    expect(stringify(creditsOf(balance))).toBe(
      `{"available_credits":9.999999999,"used_credits":0.000000001,"total_credits_used":0.000000001,"remaining_credits":9.999999999,"monthly_free_credits":0,"purchased_credits":0,"signup_grant_claimed_at":"${at}"}`,
    );
    expect(json(creditDetails(me, balance))).toMatchObject({
      user_id: id,
      email: 'sample',
      available_credits: 9.999999999,
      last_updated: at,
    });
    expect(json(userStatus(me, balance))).toEqual({
      user_id: id,
      org_id: id,
      email: 'sample',
      full_name: 'sample',
      created_at: at,
      is_active: true,
      active_api_keys_count: 1,
      credit_balance: 9.999999999,
      status: 'authenticated',
    });
  });

  it('puts runs and what they cost side by side', () => {
    const charge = { ...sample(billing.ListUsage).items[0], runId: id, amount: nanos(125_001n), seconds: 9, priceVersion: 2 };
    const runs = { items: [over(), over({ id: `${id.slice(0, -1)}9` as execution.RunId })], total: 12, countsByStatus: { completed: 12 } };
    const view = history({ runs, charges: [charge as billing.UsageView], spent: nanos(250_002n), page: { limit: 2, offset: 0 } });
    expect(json(view)).toMatchObject({
      executions: [
        { billed: true, metadata: { credits: 0.000125001, billed_seconds: 9, price_version: 2 } },
        { billed: false, metadata: { attempt: 1 } },
      ],
      total_executions: 12,
      total_credits_spent: 0.000250002,
      limit: 2,
      offset: 0,
      counts_by_status: { completed: 12 },
    });
  });

  it('tells what happened to the credits', () => {
    const grant = { ...sample(billing.ListTransactions).items[0], kind: 'grant', amount: nanos(10n ** 9n) };
    expect(json(activity(grant as billing.TransactionView))).toEqual({
      id,
      type: 'purchase',
      amount: 1,
      description: 'sample',
      created_at: at,
    });
  });
});

describe('Logs', () => {
  it('have a line for each line', () => {
    expect(json(line({ at, message: 'm', level: 'info', runId: id, hostname: 'h', labels: { stream: 'stdout' } }))).toEqual({
      timestamp: at,
      message: 'm',
      level: 'info',
      execution_id: id,
      user_id: null,
      hostname: 'h',
      labels: { stream: 'stdout' },
    });
  });
});
