import { randomUUID } from 'node:crypto';
import type { identity } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type System, startSystem } from './fixtures/system.ts';

const own = '/orrery/v1';

describe('The audit trail of an organization', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem();
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const get = async (path: string, token: string) => (await request(system.url).get(path).auth(token, { type: 'bearer' }).expect(200)).body;
  const entryOf = (path: string, token: string, isIt: (entry: identity.AuditEntry) => boolean): Promise<identity.AuditEntry> =>
    eventually(async () => (await get(path, token)).items.find(isIt), { within: 20_000 });

  it('tells what other services did there: who started a run and from where, and who gave credit; and the operator of machines', async () => {
    const credentials = { email: `${randomUUID()}@example.com`, password: 'a long enough one' };
    const { body: made } = await request(system.url).post(`${own}/users`).send(credentials).expect(201);
    const { body: tokens } = await request(system.url).post(`${own}/sessions`).send(credentials).expect(200);
    const token: string = tokens.accessToken;
    const audit = `${own}/orgs/${made.orgSlug}/audit`;
    // As for the grant below: the account is opened a moment after the organization.
    const { body: run } = await eventually(() =>
      request(system.url)
        .post('/api/v2/external/execution/streaming/start')
        .auth(token, { type: 'bearer' })
        .set('user-agent', 'runner/7')
        .send({ code: 'print(1)', execution_type: 'cpu' })
        .expect(200),
    );
    const started = await entryOf(`${audit}?action=run.submitted`, token, ({ ip }) => ip !== null);
    expect(started).toMatchObject({
      actor: { kind: 'user', id: made.userId, name: credentials.email },
      target: { kind: 'run', id: run.execution_id },
      ip: '127.0.0.1',
      userAgent: 'runner/7',
    });
    // Billing opens the account as soon as it hears of the organization.
    await eventually(() =>
      request(system.url)
        .post(`${own}/accounts/${made.orgId}/grants`)
        .auth(system.operatorKey, { type: 'bearer' })
        .send({ amount: '1000000000', kind: 'manual', note: 'a gift' })
        .expect(201),
    );
    const granted = await entryOf(`${audit}?action=credit`, token, ({ actor }) => actor.kind === 'operator');
    expect(granted).toMatchObject({ action: 'credit.granted', target: { kind: 'org', id: made.orgId }, ip: null, userAgent: null });
    await entryOf(`${own}/platform/audit`, system.operatorKey, ({ action }) => action === 'worker.joined');
    await request(system.url).get(`${own}/platform/audit`).auth(token, { type: 'bearer' }).expect(403);
  }, 60_000);
});
