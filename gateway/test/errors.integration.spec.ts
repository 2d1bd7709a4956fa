import { randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import request from 'supertest';
import { type Person, startWorld, type World } from './fixtures/world.ts';

/** A request written byte by byte, and all that comes back. */
const raw = (url: string, bytes: string): Promise<string> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => socket.write(bytes));
  return text(socket);
};

describe('What goes wrong at the edge', () => {
  let world: World;
  let owner: Person;
  let key: string;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person();
    key = await world.apiKey(owner);
  }, 30_000);
  afterAll(() => world?.stop());

  const ours = { runs: '/orrery/v1/runs', me: '/orrery/v1/me' };
  const theirs = { start: '/api/v2/external/execution/streaming/start', types: '/api/v2/external/machine-types' };
  const bearer = () => ({ authorization: `Bearer ${key}` });
  const post = (path: string) => request(world.url).post(path).set(bearer());

  describe('in the shape of the own API', () => {
    const isProblem = (response: request.Response, status: number, code: string): void => {
      expect(response.status).toBe(status);
      expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(response.body).toMatchObject({ type: `urn:orrery:problem:${code}`, status, code });
      expect(response.body.title).toEqual(expect.any(String));
      expect(response.body.detail).toEqual(expect.any(String));
      expect(response.body.instance).toBe(response.request.url.replace(world.url, '').split('?')[0]);
      expect(response.body.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(response.headers['trace-id']).toBe(response.body.traceId);
    };

    it('says that there is nothing at a path', async () => {
      isProblem(await request(world.url).get('/orrery/v1/nothing'), 404, 'RouteNotFound');
      isProblem(await request(world.url).get('/'), 404, 'RouteNotFound');
    });

    it('says which methods a path knows', async () => {
      const response = await request(world.url).delete(ours.runs);
      isProblem(response, 405, 'MethodNotAllowed');
      expect(response.headers['allow']).toBe('GET, HEAD, POST');
    });

    it('lists everything that is wrong with a request, and how to mend it', async () => {
      const response = await post(ours.runs).send({ code: '', timeoutSeconds: 'soon', colour: 'red', files: { '../x': 'y' } });
      isProblem(response, 400, 'InvalidInput');
      const errors: { in: string; pointer: string; detail: string; mend: string }[] = response.body.errors;
      expect(errors.map(({ in: part, pointer }) => `${part} ${pointer}`)).toEqual([
        'body /code',
        'body /files/..~1x',
        'body /timeoutSeconds',
        'body /colour',
      ]);
      for (const { detail, mend } of errors) expect([detail, mend]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)]);
      expect(errors.at(-1)?.mend).toMatch(/^remove it; known here: code, fileName, files, machineType, timeoutSeconds, [a-zA-Z, ]+$/);
    });

    it('names the path and the query where the mistake is there', async () => {
      const response = await request(world.url).get('/orrery/v1/runs/not-an-id?at=yesterday&b=1').set(bearer());
      isProblem(response, 400, 'InvalidInput');
      expect(response.body.errors.map((error: { in: string; pointer: string }) => `${error.in} ${error.pointer}`)).toEqual([
        'path /runId',
        'query /at',
        'query /b',
      ]);
    });

    it('refuses fields in the wrong part of the request', async () => {
      const response = await post(`${ours.runs}?code=print(1)`).send({ code: 'print(1)' });
      isProblem(response, 400, 'InvalidInput');
      expect(response.body.errors).toEqual([
        { in: 'query', pointer: '/code', detail: 'does not belong here', mend: 'send it in the body' },
      ]);
      const twice = await request(world.url).patch(`/orrery/v1/orgs/${owner.slug}`).set(bearer()).send({ org: 'other' });
      isProblem(twice, 400, 'InvalidInput');
      expect(twice.body.errors).toMatchObject([{ in: 'body', pointer: '/org', mend: 'leave it out: it is in the path' }]);
    });

    it('refuses a query parameter that is given twice', async () => {
      isProblem(await request(world.url).get(`${ours.runs}?limit=1&limit=2`).set(bearer()), 400, 'RepeatedParameter');
    });

    it('refuses a body that is no JSON, no UTF-8, no object, or a nest', async () => {
      const json = () => post(ours.runs).set('content-type', 'application/json');
      isProblem(await json().send('{"code": '), 400, 'MalformedJson');
      isProblem(await json().send('{"code": "a", "__proto__": {}}'), 400, 'MalformedJson');
      isProblem(await json().send('{"code": "a", "\\u005f_proto__": {}}'), 400, 'MalformedJson');
      isProblem(
        await json()
          .serialize((value) => value as string)
          .send(Buffer.from([0x7b, 0xff, 0x7d])),
        400,
        'NotUtf8',
      );
      isProblem(await json().send(`{"code":${'['.repeat(100)}${']'.repeat(100)}}`), 400, 'NestedTooDeep');
      isProblem(await json().send('[1]'), 400, 'InvalidInput');
      isProblem(await json().send(''), 400, 'InvalidInput');
    });

    it('does not take brackets inside of texts for a nest', async () => {
      const response = await post(ours.runs).send({ code: `${'["\\'.repeat(200)}` });
      expect(response.status).toBe(201);
    });

    it('takes JSON only, as it is', async () => {
      isProblem(await post(ours.runs).set('content-type', 'text/plain').send('code'), 415, 'UnsupportedMediaType');
      isProblem(await post(ours.runs).type('form').send({ code: 'x' }), 415, 'UnsupportedMediaType');
      isProblem(await post(ours.runs).set('content-encoding', 'gzip').send({ code: 'x' }), 415, 'UnsupportedMediaType');
      isProblem(await post(ours.runs).set('content-type', 'application/json; charset=latin1').send('{}'), 415, 'UnsupportedMediaType');
    });

    it('takes no more than it can carry', async () => {
      const response = await post(ours.runs).send({ code: 'x'.repeat(2_200_000) });
      isProblem(response, 413, 'PayloadTooLarge');
      expect(response.body.limit).toBe(2_097_152);
    });

    it('refuses a path with a broken percent code, and headers without end', async () => {
      const broken = await request(world.url).get('/orrery/v1/runs/%E0%A4%A');
      isProblem(broken, 400, 'MalformedRequest');
      const long = await request(world.url).get(`/orrery/v1/runs/${'a'.repeat(3_000)}`);
      isProblem(long, 404, 'RouteNotFound');
      const endless = await raw(world.url, `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'y'.repeat(20_000)}\r\n\r\n`);
      expect(endless).toMatch(/^HTTP\/1\.1 431 .*Trace-Id: ([0-9a-f]{32})\r\n.*"code":"HeadersTooLarge".*"traceId":"\1"/s);
      expect(await raw(world.url, 'this is not HTTP\r\n\r\n')).toMatch(
        /^HTTP\/1\.1 400 .*Trace-Id: ([0-9a-f]{32})\r\n.*"code":"MalformedRequest".*"traceId":"\1"/s,
      );
    });

    it('refuses an Idempotency-Key that is none', async () => {
      isProblem(await post(ours.runs).set('idempotency-key', ' ').send({ code: 'x' }), 400, 'BadIdempotencyKey');
      isProblem(await post(ours.runs).set('idempotency-key', 'x'.repeat(256)).send({ code: 'x' }), 400, 'BadIdempotencyKey');
    });

    it.each([
      ['nothing', undefined, /Not authenticated/],
      ['another scheme', 'Basic YTpi', /must be: Bearer/],
      ['a token that is none', 'Bearer something', /access token is not valid/],
      ['a forged key', `Bearer lk_${'a'.repeat(22)}_${'b'.repeat(44)}`, /API key is not valid/],
      ["a wrong operator's key", `Bearer op_${'9'.repeat(40)}`, /operator's key is not valid/],
    ])('asks whoever sends %s for a credential', async (_, authorization, detail) => {
      const response = await request(world.url)
        .get(ours.me)
        .set(authorization === undefined ? {} : { authorization });
      isProblem(response, 401, 'Unauthenticated');
      expect(response.headers['www-authenticate']).toBe('Bearer');
      expect(response.body.detail).toMatch(detail);
    });

    it('says what a permission is missing', async () => {
      const viewer = await world.person('viewer');
      const response = await request(world.url).post(ours.runs).auth(viewer.token, { type: 'bearer' }).send({ code: 'x' });
      isProblem(response, 403, 'Forbidden');
      expect(response.body.needs).toBe('runs:create');
    });
  });

  it('serves a path with and without its last slash, and never redirects', async () => {
    for (const path of ['/api/v2/external/auth/api-keys', '/api/v2/external/auth/api-keys/', `${ours.runs}/`]) {
      expect((await request(world.url).get(path).set(bearer()).redirects(0)).status).toBe(200);
    }
  });

  it('puts ids and safe headers on every answer, errors included', async () => {
    const trace = randomBytes(16).toString('hex');
    for (const path of [ours.runs, '/nothing', '/health', theirs.types]) {
      const response = await request(world.url)
        .get(path)
        .set('x-request-id', 'mine.1')
        .set('traceparent', `00-${trace}-${'1'.repeat(16)}-01`);
      expect(response.headers).toMatchObject({
        'x-request-id': 'mine.1',
        'trace-id': trace,
        traceparent: expect.stringContaining(trace),
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'cache-control': 'no-store',
      });
    }
    const odd = await request(world.url).get('/health').set('x-request-id', 'a b');
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tells pages of other origins nothing unless told to', async () => {
    const response = await request(world.url).get('/health').set('origin', 'https://elsewhere.example');
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('lets HEAD ask what GET would, without the body', async () => {
    const response = await request(world.url).head(ours.runs).set(bearer());
    expect(response.status).toBe(200);
    expect(Number(response.headers['content-length'])).toBeGreaterThan(0);
  });

  it('gives up on a body that is cut short, and serves the next one', async () => {
    const cut = httpRequest(`${world.url}${ours.runs}`, {
      method: 'POST',
      headers: { ...bearer(), 'content-type': 'application/json', 'content-length': 1_000 },
    });
    cut.on('error', () => undefined);
    cut.write('{"code":');
    await new Promise((resolve) => cut.once('socket', (socket) => socket.once('connect', resolve)));
    cut.destroy();
    expect((await post(ours.runs).send({ code: `print("${randomUUID()}")` })).status).toBe(201);
  });
});
