import { randomBytes } from 'node:crypto';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type System, startSystem } from './fixtures/system.ts';

const base = '/api/v2/external';
const password = 'a long enough one';

interface Somebody {
  readonly email: string;
  readonly userId: string;
  readonly token: string;
}

describe('People who work together', () => {
  let system: System;
  let ada: Somebody;
  let bob: Somebody;
  let slug: string;

  beforeAll(async () => {
    system = await startSystem();
    [ada, bob] = [await somebody('ada'), await somebody('bob')];
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const somebody = async (name: string, inviteToken?: string): Promise<Somebody> => {
    const email = `${name}-${randomBytes(4).toString('hex')}@example.com`;
    return await signUp(email, inviteToken);
  };
  const signUp = async (email: string, inviteToken?: string): Promise<Somebody> => {
    const made = await request(system.url).post('/orrery/v1/users').send({ email, password, name: 'Somebody', inviteToken });
    expect([made.status, made.body]).toEqual([201, expect.anything()]);
    const { body } = await request(system.url).post(`${base}/auth/login`).send({ email, password });
    return { email, userId: made.body.userId, token: body.access_token };
  };
  const as = ({ token }: Somebody, headers: Readonly<Record<string, string>> = {}) => {
    const call = (method: 'get' | 'post' | 'patch' | 'delete') => (path: string, body?: object) =>
      request(system.url)[method](path).set(headers).auth(token, { type: 'bearer' }).send(body);
    return { get: call('get'), post: call('post'), patch: call('patch'), delete: call('delete') };
  };

  /** An organization that a person founds has no credit of its own, and billing knows it a moment after identity does. */
  const giveCredit = (orgId: string, kind: 'manual' | 'purchased') =>
    eventually(async () => {
      const granted = await request(system.url)
        .post(`/orrery/v1/accounts/${orgId}/grants`)
        .auth(system.operatorKey, { type: 'bearer' })
        .send({ amount: '5000000000', kind });
      expect(granted.status).toBe(201);
    });

  it('found an organization, and others are not in it', async () => {
    const made = await as(ada).post(`${base}/orgs`, { name: 'Analytical Engines' });
    expect([made.status, made.body.name]).toEqual([200, 'Analytical Engines']);
    slug = made.body.slug;
    await giveCredit(made.body.id, 'manual');
    expect((await as(ada).get(`${base}/orgs/${slug}`)).status).toBe(200);
    expect((await as(bob).get(`${base}/orgs/${slug}`)).status).toBe(403);
    expect((await as(bob).get(`${base}/orgs/${slug}-nowhere`)).status).toBe(404);
    expect((await as(bob).get(`${base}/billing/credits`).set('x-org-slug', slug)).status).toBe(403);
  });

  it('invite each other: who accepts is in at once, and may what their role says', async () => {
    const invite = await as(ada).post(`${base}/orgs/${slug}/invites`, { email: bob.email, role: 'member' });
    expect([invite.status, invite.body]).toMatchObject([200, { email: bob.email, status: 'pending', token: expect.any(String) }]);
    const { token } = invite.body;
    expect((await as(ada).post(`${base}/invites/${token}/accept`)).status).toBe(403);
    const accepted = await as(bob).post(`${base}/invites/${token}/accept`);
    expect([accepted.status, accepted.body]).toMatchObject([200, { slug, role: 'member' }]);
    expect((await as(bob).post(`${base}/invites/${token}/accept`)).status).toBe(409);
    expect((await as(bob).get(`${base}/orgs/${slug}/members`)).body).toHaveLength(2);
    expect((await as(bob).patch(`${base}/orgs/${slug}`, { name: 'Mine' })).status).toBe(403);
    expect((await as(bob).delete(`${base}/orgs/${slug}/members/${ada.userId}`)).status).toBe(403);
  });

  it('sign up with an invite, and are in', async () => {
    const email = `eve-${randomBytes(4).toString('hex')}@example.com`;
    const invite = await as(ada).post(`${base}/orgs/${slug}/invites`, { email, role: 'viewer' });
    const eve = await signUp(email, invite.body.token);
    expect((await as(eve).get(`${base}/orgs`)).body).toMatchObject([{ slug, role: 'viewer', is_default: true }]);
    expect((await as(eve).delete(`${base}/orgs/${slug}/members/${eve.userId}`)).status).toBe(200);
    await eventually(async () => expect((await as(eve).get(`${base}/orgs/${slug}`)).status).toBe(403), { within: 1_000 });
  });

  it('open a space to a guest, who sees that and nothing else', async () => {
    const guest = await somebody('guest');
    const space = await as(ada, { 'x-org-slug': slug }).post('/v1/spaces', { name: 'Mill', description: 'Where it turns' });
    expect([space.status, space.body.name]).toEqual([201, 'Mill']);
    const { id } = space.body;
    const invited = await as(ada).post(`/v1/spaces/${id}/invite`, { emails: [guest.email], roles: ['trainings:list'] });
    expect([invited.status, invited.body]).toEqual([200, { emails: [guest.email] }]);
    expect((await as(guest).get(`/v1/spaces/${id}`)).status).toBe(404);
    const { items } = (await request(system.url)
      .get('/orrery/v1/orgs')
      .auth(guest.token, { type: 'bearer' })
      .then(({ body }) => body)) as { items: readonly { slug: string }[] };
    expect(items.map((each) => each.slug)).not.toContain(slug);
  });

  it('are stopped while their organization is suspended, and go on afterwards', async () => {
    const asOperator = request(system.url);
    const operator = (path: string, body: object = {}) =>
      asOperator.post(`/orrery/v1/orgs/${slug}/${path}`).auth(system.operatorKey, { type: 'bearer' }).send(body);
    expect((await operator('suspend', { reason: 'bills' })).status).toBe(200);
    const submit = () => as(bob, { 'x-org-slug': slug }).post('/orrery/v1/runs', { code: 'print(1)' });
    await eventually(async () => expect((await submit()).body.code).toBe('OrgSuspended'), { within: 1_000 });
    expect((await as(bob).get(`${base}/orgs/${slug}`)).status).toBe(200);
    expect((await operator('reinstate')).status).toBe(200);
    await eventually(async () => expect((await submit()).status).toBe(201));
  });

  it('delete the organization by its name, not while work runs, and nothing is left of it', async () => {
    const end = (name: string) => as(ada).delete(`${base}/orgs/${slug}?name=${encodeURIComponent(name)}`);
    expect((await as(bob).delete(`${base}/orgs/${slug}?name=Analytical%20Engines`)).status).toBe(403);
    expect((await end('analytical engines')).status).toBe(422);
    const long = { code: 'import time\ntime.sleep(60)', timeoutSeconds: 120 };
    const run = await as(bob, { 'x-org-slug': slug }).post('/orrery/v1/runs', long);
    const busy = await end('Analytical Engines');
    expect([busy.status, busy.body.detail]).toEqual([409, expect.stringMatching(/work is running/)]);
    await as(bob, { 'x-org-slug': slug }).post(`/orrery/v1/runs/${run.body.id}/end`, { mode: 'abort' });
    await eventually(async () => expect((await end('Analytical Engines')).status).toBe(200), { within: 20_000 });
    await eventually(async () => expect((await as(bob).get(`${base}/orgs/${slug}`)).status).toBe(404), { within: 1_000 });
    expect((await as(bob).get(`${base}/orgs`)).body).toHaveLength(1);
    expect((await as(ada).post(`${base}/orgs`, { name: 'Analytical Engines' })).body.slug).toBe(slug);
  }, 60_000);

  it('keep an organization while credit is left that was paid for', async () => {
    const made = (await as(ada).post(`${base}/orgs`, { name: 'Paid' })).body;
    await giveCredit(made.id, 'purchased');
    const kept = await as(ada).delete(`${base}/orgs/${made.slug}?name=Paid`);
    expect([kept.status, kept.body.detail]).toEqual([409, expect.stringMatching(/paid for/)]);
  });
});
