import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { openApi } from '@orrery/documents';
import request from 'supertest';
import { startWorld, type World } from './fixtures/world.ts';

const home = 'https://console.example';

describe('Pages, balancers and slow callers', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      env: { ORRERY_CORS_ORIGINS: home, ORRERY_PUBLIC_URL: 'https://api.example', ORRERY_TRUST_PROXY: '127.0.0.1' },
      settings: { requestMs: 400 },
    });
  }, 30_000);
  afterAll(() => world?.stop());

  const preflight = (path: string, origin: string) =>
    request(world.url)
      .options(path)
      .set({ origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' });

  it('lets pages of a known origin ask, and read what comes back', async () => {
    const asked = await preflight('/orrery/v1/runs', home);
    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': home,
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': expect.stringContaining('idempotency-key'),
      vary: 'Origin',
    });
    const refused = await request(world.url).get('/orrery/v1/runs').set('origin', home);
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, home]);
    expect(refused.headers['access-control-expose-headers']).toContain('trace-id');
  });

  it('does not let pages of another origin', async () => {
    const asked = await preflight('/orrery/v1/runs', 'https://evil.example');
    expect(asked.headers['access-control-allow-origin']).toBeUndefined();
    expect(asked.headers['access-control-allow-methods']).toBeUndefined();
    expect(asked.headers['vary']).toBe('Origin');
  });

  it('says which methods there are to whoever asks, and that there is nothing where there is nothing', async () => {
    const options = await request(world.url).options('/api/v2/external/orgs');
    expect([options.status, options.headers['allow']]).toEqual([204, 'GET, HEAD, POST']);
    expect((await request(world.url).options('/nothing')).status).toBe(404);
  });

  it.each([
    ['/verify-email', 8_192],
    ['/reset-password', 8_192],
    ['/invite', 8_192],
    ['/oauth/device', 32_768],
  ])('says what a form of %s may be', async (path, limit) => {
    const send = (type: string, body: string) =>
      request(world.url).post(path).set({ origin: 'https://api.example', 'content-type': type }).send(body);
    const long = await send('application/x-www-form-urlencoded', `token=${'x'.repeat(limit)}`);
    expect([long.status, long.body]).toEqual([413, expect.objectContaining({ code: 'PayloadTooLarge', limit })]);
    for (const type of ['application/json', 'text/plain']) {
      const other = await send(type, '{}');
      expect([other.status, other.body.detail]).toEqual([415, 'The body must be application/x-www-form-urlencoded.']);
    }
  });

  it('insists on TLS where it is reached by TLS', async () => {
    expect((await request(world.url).get('/health')).headers['strict-transport-security']).toBe('max-age=31536000');
  });

  it('serves the document of its own API, which may be kept for a while', async () => {
    const response = await request(world.url).get('/openapi.json');
    expect(response.body).toEqual(openApi());
    expect(response.headers['cache-control']).toBe('public, max-age=300');
  });

  it('keeps its metrics to itself', async () => {
    expect((await request(world.url).get('/metrics')).status).toBe(404);
  });

  it('does not wait for ever for a request that does not arrive', async () => {
    const { hostname, port } = new URL(world.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /orrery/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"em');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 .*"code":"RequestTimedOut"/s);
  });
});
