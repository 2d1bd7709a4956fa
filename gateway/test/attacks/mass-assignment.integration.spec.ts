import { randomUUID } from 'node:crypto';
import { identity } from '@orrery/contracts';
import { sampleValue } from '@orrery/documents';
import request from 'supertest';
import type { TableRow } from '../../src/edge/route-table.ts';
import { operatorKey, type Person, startWorld, type World } from '../fixtures/world.ts';
import { bodyFor, pathFor } from '../matrix/calls.ts';

const loggedIn = identity.LogIn.output.parse(sampleValue(identity.LogIn.output, 'output'));
const mark = 'taken-from-the-body';

/** What somebody adds to a body who hopes that it is written somewhere as it came; each is recognised by its value. */
const added: Readonly<Record<string, unknown>> = Object.fromEntries(
  [
    ...['isAdmin', 'is_admin', 'admin', 'isOperator', 'isVerified', 'email_verified', 'emailVerified', 'verified'],
    ...['orgId', 'org_id', 'organizationId', 'userId', 'user_id', 'ownerId', 'createdBy', 'invitedBy', 'principal', 'actor'],
    ...['balance', 'credits', 'plan', 'price', 'isSuspended', 'status', 'createdAt', 'version', 'id', '_id'],
    ...['role', 'roles', 'permissions', 'scopes', 'access', 'kind', 'type', 'context', 'commandId', 'deadlineAt', 'spaceId', 'sessionId'],
    ...['passwordHash', 'password_hash', 'hash', 'secret', 'prefix', 'constructor', 'toString', '$where'],
  ].map((name) => [name, `${mark}:${name}`]),
);

describe('Whoever writes more into a body than belongs there', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    world = await startWorld({ env: { ORRERY_RATE_LIMIT_ANONYMOUS: '1000/10000', ORRERY_RATE_LIMIT_LOGIN: '1000/10000' } });
    owner = await world.person('owner');
  }, 30_000);
  afterAll(() => world?.stop());

  const headersFor = ({ policy }: TableRow): Readonly<Record<string, string>> => {
    const isOperators = 'route' in policy && policy.route.operations.some(({ access }) => access === 'operator');
    return { authorization: `Bearer ${isOperators ? operatorKey : owner.token}` };
  };

  /** What is wrong with the answer of a route to a body with all of this in it. */
  const wrongWith = async (row: TableRow): Promise<readonly string[]> => {
    const verb = row.method.toLowerCase() as 'post' | 'put' | 'patch';
    const proper = bodyFor(row);
    const names = Object.keys(added).filter((name) => !(name in proper));
    world.stubs.reset();
    world.stubs.on(identity.LogIn, async () => ({ ...loggedIn, accessToken: owner.token }));
    const { status, text } = await request(world.url)
      [verb](pathFor(row, owner.slug, { spaceId: owner.spaceId, id: owner.spaceId }))
      .set(headersFor(row))
      .send({ ...proper, ...Object.fromEntries(names.map((name) => [name, added[name]])) });
    const heard = JSON.stringify(world.stubs.asked);
    const passedOn = names.filter((name) => heard.includes(`${mark}:${name}`)).map((name) => `passes ${name} on`);
    if (!row.url.startsWith('/orrery/')) return [...passedOn, ...(status < 500 ? [] : [`answers ${status}`])];
    const unsaid = names.filter((name) => !text.includes(`/${name}"`)).map((name) => `says nothing of ${name}`);
    return [...passedOn, ...(status === 400 ? unsaid : [`answers ${status}`])];
  };

  it('changes nothing by it, on any route: it is refused by name, or never heard of', async () => {
    const rows = world.gateway.routes.filter(({ method, policy }) => ['POST', 'PUT', 'PATCH'].includes(method) && 'route' in policy);
    expect(rows.length).toBeGreaterThan(50);
    const wrong: string[] = [];
    for (const row of rows) wrong.push(...(await wrongWith(row)).map((each) => `${row.method} ${row.url} ${each}`));
    expect(wrong).toEqual([]);
  }, 60_000);

  it('is heard with what belongs there', async () => {
    world.stubs.reset();
    const body = { code: 'print(1)', fileName: `${randomUUID()}.py` };
    await request(world.url).post('/orrery/v1/runs').auth(owner.token, { type: 'bearer' }).send(body).expect(201);
    expect(world.stubs.asked[0]?.input).toMatchObject(body);
  });
});
