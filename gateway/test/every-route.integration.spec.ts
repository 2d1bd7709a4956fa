import { randomUUID } from 'node:crypto';
import { type Operation, operations, rolePermissions } from '@orrery/contracts';
import { sampleValue } from '@orrery/documents';
import request from 'supertest';
import { deeplogix } from '../src/dialects/deeplogix/index.ts';
import { lmstack } from '../src/dialects/lmstack/index.ts';
import { lyceum } from '../src/dialects/lyceum/index.ts';
import { neospace } from '../src/dialects/neospace/index.ts';
import { openai } from '../src/dialects/openai/index.ts';
import { Models } from '../src/inference/admission/models.ts';
import { orrery } from '../src/routes.ts';
import { operatorKey, type Person, startWorld, type World } from './fixtures/world.ts';

const samples: Readonly<Record<string, unknown>> = {
  // A model, or several, but not both.
  resources: { cpuMilli: 1_000, memoryMib: 1_024, gpus: 1, gpuModel: 'a100' },
  email: 'person@example.com',
  emails: ['person@example.com'],
  after: '1.1',
  slug: 'other',
};
const fillPath = (path: string, slug: string): string =>
  path.replace(/\{(\w+)\}/g, (_, field: string) => {
    if (path.startsWith('/api/api-keys') || path.startsWith('/api/models')) return '7';
    if (path.includes('/models/type/')) return 'text';
    return field === 'org' || field === 'slug' ? slug : field === 'name' ? 'cpu' : randomUUID();
  });

const bodies: Readonly<Record<string, object>> = {
  '/auth/login': { email: 'person@example.com', password: 'x' },
  '/auth/refresh': { refresh_token: 'x' },
  '/mfa/verify-enrollment': { code: '123456' },
  '/mfa/verify': { code: '123456' },
  '/mfa/disable': { code: '123456' },
  '/mfa/regenerate-backup-codes': { code: '123456' },
  '/auth/api-keys/': { key_name: 'x' },
  '/auth/api-keys/validate': { api_key: 'x' },
  '/orgs': { name: 'x' },
  '/orgs/{slug}': { name: 'x' },
  '/orgs/{slug}/api-keys': { name: 'x' },
  '/orgs/{slug}/api-keys/{key_id}': { name: 'x' },
  '/orgs/{slug}/members/{user_id}': { role: 'member' },
  '/orgs/{slug}/invites': { email: 'person@example.com' },
  '/api/user/login': { email: 'person@example.com', password: 'x' },
  '/api/user/second-factor': { code: '123456' },
  '/api/users': { username: 'person', password: 'correct horse' },
  '/api/auth/users': { username: 'person', password: 'correct horse' },
  '/api/auth/me/password': { current_password: 'x', new_password: 'correct horse' },
  '/api/api-keys': { name: 'x' },
  '/api/models': { name: 'x', model_id: 'org/x' },
  '/api/user/oauth-apps': { name: 'x', redirect_uris: ['https://app.example.com/callback'] },
  '/api/user/oauth-applications': { name: 'x', redirect_uris: ['https://app.example.com/callback'] },
  '/v1/spaces': { name: 'x', description: 'x' },
  '/v1/spaces/{id}': { name: 'x' },
  '/v1/spaces/{id}/invite': { emails: ['person@example.com'], roles: ['trainings:list'] },
  '/v1/me/permissions': { permissions: ['trainings:list'] },
  '/execution/streaming/start': { code: 'x' },
  '/environment-variables/': { name: 'NAME', value: 'x' },
};

/** Whoever deletes an organization types its name; paths of quotas have slashes. */
const queries: Readonly<Record<string, object>> = { '/orrery/v1/orgs/{org}': { name: 'x' }, '/orrery/v1/quotas': { node: 'x' } };

/** What no schema tells: fields that cannot stand beside each other. */
const contradicting: Readonly<Record<string, readonly string[]>> = {
  '/orrery/v1/runs': ['apart'],
  '/orrery/v1/what-if': ['apart'],
};

const bodyOf = (path: string, operation: Operation): object => {
  const theirs = path.replace('/api/v2/external', '');
  if (!path.startsWith('/orrery/')) return bodies[theirs] ?? {};
  const sample = sampleValue(operation.input, 'input') as Record<string, unknown>;
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, field]) => field));
  return Object.fromEntries(
    Object.entries(sample)
      .filter(([name]) => !inPath.has(name) && !contradicting[path]?.includes(name))
      .map(([name, value]) => [name, samples[name] ?? (name.endsWith('mail') ? samples['email'] : value)]),
  );
};

const routes = [
  orrery(),
  lyceum({ publicUrl: 'http://x' }),
  neospace(),
  deeplogix({ publicUrl: 'http://x' }),
  lmstack(),
  openai(new Models()),
].flatMap((dialect) => dialect.routes);
const guarded = routes.filter(({ operations: asked }) => asked.some(({ access }) => access !== 'public'));
const named = (list: typeof routes) => list.map((route) => [`${route.method} ${route.path}`, route] as const);
const isHeldBy = (role: keyof typeof rolePermissions, route: (typeof routes)[number]): boolean =>
  route.operations.every(
    ({ access }) => ['caller', 'user', 'session'].includes(access) || (rolePermissions[role] as readonly string[]).includes(access),
  );
const isOperators = (route: (typeof routes)[number]): boolean => route.operations.some(({ access }) => access === 'operator');

describe('Who may do what', () => {
  let world: World;
  let owner: Person;
  let viewer: Person;

  beforeAll(async () => {
    world = await startWorld({ env: { ORRERY_RATE_LIMIT_ANONYMOUS: '1000/10000', ORRERY_RATE_LIMIT_LOGIN: '1000/10000' } });
    owner = await world.person('owner');
    viewer = await world.person('viewer');
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());
  /** What the gateway asks now and then by itself, such as to tell of keys that were used, no route has asked. */
  const asked = () => world.stubs.asked.filter(({ context }) => context.principal.kind !== 'service');

  const call = (route: (typeof routes)[number], slug: string, authorization?: string) => {
    const verb = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
    const asked = request(world.url)
      [verb](fillPath(route.path, slug))
      .set(authorization ? { authorization } : {})
      // What is permitted, is permitted in a space.
      .set(route.path === '/v1/me/permissions' && slug === owner.slug ? { 'x-space-id': owner.spaceId } : {});
    if (route.kind === 'paid') return asked.send({ model: 'meta/llama' });
    const [operation] = route.operations;
    if (verb === 'delete') return asked.query(queries[route.path] ?? {});
    return verb === 'get' || !operation ? asked : asked.send(bodyOf(route.path, operation));
  };

  describe('on every route', () => {
    it.each(named(guarded))('%s is closed to nobody', async (_, route) => {
      const response = await call(route, owner.slug);
      expect(response.status).toBe(401);
      expect(asked()).toEqual([]);
    });

    // What costs money is open where there are models, and so are these: calling-models.integration.spec.ts, openai-models.integration.spec.ts.
    const needsModels = ({ kind, path }: (typeof routes)[number]): boolean =>
      kind === 'paid' || /^\/(v1|openai\/v1|api\/v2\/external\/serverless)\/models(\/|$)/.test(path);
    it.each(named(guarded.filter((route) => !isOperators(route) && !needsModels(route))))('%s is open to an owner', async (_, route) => {
      const response = await call(route, owner.slug, `Bearer ${owner.token}`);
      expect([200, 201, 204]).toContain(response.status);
      expect(asked()[0]?.context).toMatchObject({ principal: { kind: 'user', id: owner.userId }, orgId: owner.orgId });
    });

    it.each(named(guarded.filter((route) => !isHeldBy('viewer', route))))('%s is closed to a lesser role', async (_, route) => {
      const response = await call(route, viewer.slug, `Bearer ${viewer.token}`);
      expect(response.status).toBe(403);
      expect(asked()).toEqual([]);
    });

    it.each(named(routes.filter(({ orgField }) => orgField !== undefined)))('%s is closed to another organization', async (_, route) => {
      expect((await call(route, owner.slug, `Bearer ${viewer.token}`)).status).toBe(403);
      expect((await call(route, owner.slug, `Bearer ${await world.apiKey(viewer)}`)).status).toBe(403);
      expect((await call(route, 'no-such-org', `Bearer ${viewer.token}`)).status).toBe(404);
      expect(asked()).toEqual([]);
    });

    it.each(
      named(
        guarded.filter((route) =>
          route.operations.some(({ access }) => access.includes(':') && !(rolePermissions.billing as readonly string[]).includes(access)),
        ),
      ),
    )('%s is closed to a narrower key', async (_, route) => {
      const key = await world.apiKey(owner, { scopes: [{ permissions: [...rolePermissions.billing] }] });
      expect((await call(route, owner.slug, `Bearer ${key}`)).status).toBe(403);
      expect(asked()).toEqual([]);
    });

    it.each(named(guarded.filter(isOperators)))('%s is open to the operator alone', async (_, route) => {
      expect((await call(route, owner.slug, `Bearer ${owner.token}`)).status).toBe(403);
      expect([200, 201, 204]).toContain((await call(route, owner.slug, `Bearer ${operatorKey}`)).status);
    });

    it('reaches every operation that has a route, and none that has not', () => {
      const reached = new Set(orrery().routes.flatMap((route) => route.operations.map(({ subject }) => subject)));
      for (const operation of Object.values(operations)) expect(reached.has(operation.subject)).toBe(operation.http !== undefined);
    });
  });
});
