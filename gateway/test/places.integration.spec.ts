import { randomUUID } from 'node:crypto';
import { execution, identity, instantOf, type OrgRole, rolePermissions } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type Person, startWorld, tokenFor, type World } from './fixtures/world.ts';

const runId = '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01';

describe('Where a request is made', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({});
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  const inOrg = (spaces: readonly string[] = []) => ({ spaces: spaces.map((id) => identity.SpaceId.parse(id)) });

  /** Somebody in an organization with a space. */
  const setting = async (role: OrgRole, given: readonly (typeof rolePermissions.member)[number][] = []) => {
    const person = await world.person('owner');
    const [orgId, spaceId] = [randomUUID(), randomUUID()];
    const slug = `org-${orgId.slice(-8)}`;
    await world.publishing.org(orgId, slug, inOrg([spaceId]));
    const spaces = given.length === 0 ? [] : [{ spaceId, orgId, permissions: given }];
    const be = (now: OrgRole | undefined) =>
      world.publishing.member(person.userId, now === undefined ? {} : { [orgId]: now }, {
        spaces: spaces as identity.MemberSnapshot['spaces'],
      });
    await be(role);
    return { ...person, orgId, slug, spaceId, be };
  };

  const get = (path: string, { token }: Pick<Person, 'token'>, headers: Readonly<Record<string, string>> = {}) =>
    request(world.url).get(path).set(headers).auth(token, { type: 'bearer' });

  describe('in a space', () => {
    it('is told to the service, with what the caller may there', async () => {
      const { spaceId, orgId, ...person } = await setting('member', ['runs:read']);
      expect((await get('/orrery/v1/runs', person, { 'x-space-id': spaceId })).status).toBe(200);
      const { context } = world.stubs.last(execution.ListRuns) ?? {};
      expect(context).toMatchObject({
        orgId,
        spaceId,
        principal: { kind: 'user', permissions: ['spaces:read', 'catalog:read', 'runs:read'] },
      });
    });

    it('is refused what the space did not give, whatever the organization gives', async () => {
      const { spaceId, ...person } = await setting('member', ['runs:read']);
      const submit = (headers: Readonly<Record<string, string>>) =>
        request(world.url).post('/orrery/v1/runs').set(headers).auth(person.token, { type: 'bearer' }).send({ code: 'print(1)' });
      expect((await submit({ 'x-space-id': spaceId })).body).toMatchObject({ status: 403, code: 'Forbidden', needs: 'runs:create' });
      expect((await submit({})).status).toBe(201);
    });

    it('of another organization is no better known than one that nobody has', async () => {
      const [one, other] = [await setting('owner'), await setting('owner')];
      const answers = [];
      for (const spaceId of [other.spaceId, randomUUID(), 'no-id']) {
        const { status, body } = await get('/orrery/v1/runs', one, { 'x-space-id': spaceId });
        answers.push({ status, code: body.code, detail: body.detail });
      }
      expect(answers).toEqual(answers.map(() => ({ status: 404, code: 'SpaceNotFound', detail: 'Space not found.' })));
      expect(world.stubs.asked).toEqual([]);
    });

    it('is the key’s own where nothing is said, and the one that is said otherwise', async () => {
      const { spaceId, orgId, slug, ...person } = await setting('owner');
      const other = randomUUID();
      await world.publishing.org(orgId, slug, inOrg([spaceId, other]));
      const key = await world.apiKey({ userId: person.userId, orgId }, { spaceId: identity.SpaceId.parse(spaceId) });
      const spaceOf = async (headers: Readonly<Record<string, string>>) => {
        expect((await get('/orrery/v1/runs', { token: key }, headers)).status).toBe(200);
        return world.stubs.last(execution.ListRuns)?.context.spaceId;
      };
      expect(await spaceOf({})).toBe(spaceId);
      expect(await spaceOf({ 'x-space-id': other })).toBe(other);
      await world.publishing.org(orgId, slug, inOrg([other]));
      await eventually(async () => expect((await get('/orrery/v1/runs', { token: key })).body.code).toBe('SpaceNotFound'));
    });

    it('takes the organization along that is not the caller’s own', async () => {
      const { spaceId, orgId, be, ...guest } = await setting('member', ['trainings:list']);
      await be(undefined);
      expect((await get(`/v1/spaces/${spaceId}`, guest)).status).toBe(200);
      expect(world.stubs.last(identity.GetSpace)?.context).toMatchObject({ orgId, spaceId });
    });
  });

  describe('in a suspended organization', () => {
    it('is refused what begins something, by name; looking, ending and paying go on', async () => {
      const { orgId, slug, token } = await setting('owner');
      await world.publishing.org(orgId, slug, { isSuspended: true });
      const ask = (method: 'get' | 'post', path: string, body?: object) =>
        request(world.url)[method](`/orrery/v1${path}`).set('x-org-slug', slug).auth(token, { type: 'bearer' }).send(body);
      await eventually(async () => expect((await ask('post', '/runs', { code: 'x' })).body.code).toBe('OrgSuspended'));
      expect((await ask('post', '/runs', { code: 'x' })).status).toBe(403);
      expect((await ask('post', '/spaces', { name: 'x' })).body.code).toBe('OrgSuspended');
      expect((await ask('get', '/runs')).status).toBe(200);
      expect((await ask('get', '/balance')).status).toBe(200);
      expect((await ask('post', `/runs/${runId}/end`, {})).status).toBe(200);
      await world.publishing.org(orgId, slug);
      await eventually(async () => expect((await ask('post', '/runs', { code: 'x' })).status).toBe(201));
    });

    it('is still nothing of a stranger’s', async () => {
      const [one, other] = [await setting('owner'), await setting('owner')];
      await world.publishing.org(other.orgId, other.slug, { isSuspended: true });
      expect((await get('/orrery/v1/runs', one, { 'x-org-slug': other.slug })).body.code).toBe('NotAMember');
    });
  });

  describe('by somebody whose standing changes', () => {
    /** Mostly far below a second; a busy machine may take longer. What is not told would stay open for good. */
    const soonMs = 10_000;

    /** An open stream, of which something has come; gives what follows until its end. */
    const open = async (person: Pick<Person, 'token'>, slug: string) => {
      world.stubs.on(execution.FollowRun, async function* (_input, _context, signal) {
        yield { kind: 'output', attempt: 1, seq: 1, stream: 'stdout', at: instantOf(0), text: 'begun' } as const;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      });
      const { status, body } = await fetch(`${world.url}/orrery/v1/runs/${runId}/output`, {
        headers: { authorization: `Bearer ${person.token}`, 'x-org-slug': slug },
      });
      expect(status).toBe(200);
      const reader = body?.getReader();
      const chunk = async (): Promise<string | undefined> => {
        const read = await reader?.read();
        return read === undefined || read.done ? undefined : Buffer.from(read.value).toString();
      };
      expect(await chunk()).toContain('begun');
      return async (): Promise<{ readonly ms: number; readonly text: string }> => {
        const startedAt = performance.now();
        let text = '';
        for (;;) {
          const more = await chunk();
          if (more === undefined) return { ms: performance.now() - startedAt, text };
          text += more;
        }
      };
    };

    it.each([
      ['is removed', undefined],
      ['gets a role that may not look', 'billing'],
    ] as const)('ends soon, also where it is open: who %s', async (_, role) => {
      const { slug, be, ...person } = await setting('member');
      const ended = await open(person, slug);
      await be(role);
      const { ms, text } = await ended();
      expect(ms).toBeLessThan(soonMs);
      // Cut, not ended.
      expect(text).toBe('');
      expect((await get(`/orrery/v1/runs/${runId}`, person, { 'x-org-slug': slug })).status).toBe(403);
    });

    it('goes on where what it needs is left', async () => {
      const { slug, be, ...person } = await setting('member');
      const ended = await open(person, slug);
      await be('viewer');
      const over = ended();
      const patience = new Promise((resolve) => setTimeout(() => resolve('open'), 1_200));
      expect(await Promise.race([over, patience])).toBe('open');
      await be(undefined);
      expect((await over).text).toBe('');
    });

    it('ends where the organization is gone', async () => {
      const { slug, orgId, ...person } = await setting('member');
      const ended = await open(person, slug);
      await world.publishing.orgs.drop(orgId);
      expect((await ended()).ms).toBeLessThan(soonMs);
      const gone = await get('/orrery/v1/runs', person, { 'x-org-slug': slug });
      expect([gone.status, gone.body.code]).toEqual([404, 'OrgNotFound']);
    });
  });

  it('is nowhere for somebody who is in no organization', async () => {
    const userId = randomUUID();
    const answer = await get('/orrery/v1/runs', { token: tokenFor(userId) });
    expect([answer.status, answer.body.code]).toEqual([403, 'NoOrganization']);
    expect((await get('/orrery/v1/orgs', { token: tokenFor(userId) })).status).toBe(200);
  });
});
