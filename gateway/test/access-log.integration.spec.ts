import type { Log } from '@orrery/telemetry';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type Person, startWorld, type World } from './fixtures/world.ts';

interface Line {
  readonly level: string;
  readonly fields: Record<string, unknown>;
}

describe('The access log', () => {
  let world: World;
  let owner: Person;
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (fields: unknown): void => {
      if (typeof fields === 'object' && fields !== null && 'path' in fields) lines.push({ level, fields: { ...fields } });
    };
  // The gateway uses the first form of each method only.
  const log = Object.fromEntries(['fatal', 'error', 'warn', 'info', 'debug', 'trace'].map((name) => [name, write(name)])) as never as Log;

  beforeAll(async () => {
    world = await startWorld({ log });
    owner = await world.person();
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => {
    lines.length = 0;
  });

  const one = (): Promise<Line> => eventually(() => lines[0]);

  it('has a line for each request: what, who, where, how long and how it ended', async () => {
    const key = await world.apiKey(owner);
    const response = await request(world.url).get('/orrery/v1/runs?limit=5').auth(key, { type: 'bearer' }).set('user-agent', 'test/1');
    const { level: said, fields } = await one();
    expect(said).toBe('info');
    expect(fields).toMatchObject({
      method: 'GET',
      path: '/orrery/v1/runs',
      route: '/orrery/v1/runs',
      status: 200,
      ms: expect.any(Number),
      bytes: Number(response.headers['content-length']),
      actor: expect.stringMatching(/^key:/),
      org_id: owner.orgId,
      request_id: response.headers['x-request-id'],
      user_agent: 'test/1',
    });
    expect(lines).toHaveLength(1);
  });

  it('says what was refused, and warns of what failed', async () => {
    await request(world.url).get('/orrery/v1/me');
    expect(await one()).toMatchObject({ level: 'info', fields: { status: 401, code: 'Unauthenticated', actor: 'nobody' } });
    lines.length = 0;
    await world.running.get('catalog')?.stop();
    await request(world.url).get('/orrery/v1/machine-types').auth(owner.token, { type: 'bearer' });
    expect(await one()).toMatchObject({ level: 'warn', fields: { status: 503, code: 'ServiceUnavailable' } });
  });

  it('holds no secret: no credential, no query, no body', async () => {
    const key = await world.apiKey(owner);
    await request(world.url).get('/orrery/v1/runs?cursor=hunter2').auth(key, { type: 'bearer' });
    await request(world.url).post('/api/v2/external/auth/login').send({ email: 'person@example.com', password: 'hunter2' });
    await request(world.url).get('/orrery/v1/invites/hunter2').auth(owner.token, { type: 'bearer' });
    await eventually(() => lines.length === 3);
    expect(lines[2]?.fields).toMatchObject({ path: '/orrery/v1/invites/{token}' });
    const text = JSON.stringify(lines);
    for (const secret of [key, 'hunter2', 'person@example.com']) expect(text).not.toContain(secret);
  });
});
