import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { z } from 'zod';
import { commandsWith, filesWith, rowsWith } from './fixtures/spilled.ts';
import { startWatched, type Watched } from './fixtures/watched.ts';

const base = '/api/v2/external';
let watched: Watched;
let platform: Watched['platform'];
let listener: Watched['listener'];

beforeAll(async () => {
  watched = await startWatched();
  ({ platform, listener } = watched);
}, 120_000);
afterAll(() => watched?.stop(), 60_000);

const signUp = async () => {
  const credentials = { email: `${randomUUID()}@example.com`, password: 'a long enough one' };
  await request(platform.url).post('/orrery/v1/users').send(credentials).expect(201);
  const { body } = await request(platform.url).post(`${base}/auth/login`).send(credentials).expect(200);
  const asked = (method: 'get' | 'post', path: string) =>
    request(platform.url)[method](`${base}${path}`).auth(body.access_token, { type: 'bearer' });
  const output = (id: string): Promise<string> =>
    eventually(
      async () => {
        const { body: run } = await asked('get', `/execution/${id}`).expect(200);
        expect(run.status).toBe('completed');
        return run.stdout;
      },
      { within: 30_000 },
    );
  return {
    get: (path: string) => asked('get', path),
    post: (path: string, sent: object) => asked('post', path).send(sent),
    submit: async (code: string): Promise<string> =>
      (await asked('post', '/execution/streaming/start').send({ code, execution_type: 'cpu' }).expect(200)).body.execution_id,
    output,
  };
};

/** Proves that it has them without saying what they are. */
const proving = `
import hashlib, os, time
digest = lambda name: hashlib.sha256(os.environ[name].encode()).hexdigest() if name in os.environ else None
print(digest("PASSWORD"), digest("COLOUR"), flush=True)
time.sleep(1.5)
`;
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('what is sealed at rest', () => {
  it('lies in tables that a change of the key reaches, and in no others', async () => {
    const ada = await signUp();
    await ada.post('/environment-variables/', { name: 'A', value: '1' }).expect(200);
    const uses = z
      .array(z.object({ service: z.string(), table: z.string(), key: z.string() }))
      .parse(await platform.operate('keys', 'status'));
    const [key = '', ...others] = new Set(uses.map((use) => use.key));
    expect(others).toEqual([]);
    const known = new Set(uses.map(({ service, table }) => `orrery_${service} public.${table}`));
    expect([...known]).toEqual(expect.arrayContaining(['orrery_execution public.variable_values', 'orrery_identity public.signing_keys']));
    const found = new Set((await rowsWith(platform.postgresUrl, key)).map((row) => row.split(' ').slice(0, 2).join(' ')));
    expect([...found].filter((table) => !known.has(table))).toEqual([]);
  }, 60_000);
});

describe('a secret of an organization', () => {
  it('is found by its programs, by those of no other, and nowhere else at all', async () => {
    const [ada, eve] = [await signUp(), await signUp()];
    const [password, colour, refused] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
    const variables = [
      { name: 'PASSWORD', value: password },
      { name: 'COLOUR', value: colour, is_secret: false },
    ];
    const path = '/environment-variables/';
    for (const _ of ['first', 'again'])
      await ada.post(path, { environment_variables: variables }).set('idempotency-key', 'once').expect(200);
    const { body: listed } = await ada.get(path).expect(200);
    expect(listed.environment_variables).toMatchObject([
      { name: 'COLOUR', value: colour },
      { name: 'PASSWORD', value: '********' },
    ]);
    for (const wrong of [
      { name: 'PATH', value: refused },
      [{ name: 'A', value: refused }, { value: refused }],
      { name: refused, value: [refused] },
    ]) {
      expect((await ada.post(path, wrong).expect(422)).text).not.toContain(refused);
    }
    const id = await ada.submit(proving);
    const others = await eve.submit(proving);
    await eventually(async () => expect((await ada.get(`/execution/streaming/${id}/status`)).body.status).toBe('running'), {
      within: 30_000,
    });
    // While it runs: what a machine shows to everybody on it, and what the agent keeps.
    expect(commandsWith(id)).not.toEqual([]);
    expect([commandsWith(password), commandsWith(colour)]).toEqual([[], []]);
    expect(filesWith([platform.agentState], id)).not.toEqual([]);
    for (const value of [password, colour]) expect(filesWith(platform.directories, value)).toEqual([]);
    expect(await ada.output(id)).toBe(`${digestOf(password)} ${digestOf(colour)}\n`);
    expect(await eve.output(others)).toBe('None None\n');
    for (const about of [`/execution/${id}`, `/execution/${id}/history`, `/logs/execution/${id}`]) {
      const { text } = await ada.get(about).expect(200);
      expect([text.includes(password), text.includes(colour)]).toEqual([false, false]);
    }
    // Afterwards: logs of every process, data of PostgreSQL and of the bus, what the agent left; rows; traces, metrics and logs that were sent.
    await eventually(() => expect(listener.has(id)).toBe(true), { within: 20_000 });
    expect((await rowsWith(platform.postgresUrl, id)).length).toBeGreaterThan(3);
    const told = filesWith(platform.directories, id).join('\n');
    for (const place of [/agent\/journal$/m, /programs\/all\.log$/m, /postgres\/data\//, /LOG_EXECUTION\/msgs\//])
      expect(told).toMatch(place);
    for (const value of [password, colour, refused]) {
      expect(filesWith(platform.directories, value)).toEqual([]);
      expect(await rowsWith(platform.postgresUrl, value)).toEqual([]);
      expect(listener.has(value)).toBe(false);
    }
  }, 120_000);
});
