import { connect } from 'node:net';
import { execution, identity } from '@orrery/contracts';
import request from 'supertest';
import { type Person, startWorld, type World } from '../fixtures/world.ts';

describe('A request that is more than it seems', () => {
  let world: World;
  let owner: Person;
  let stranger: Person;

  beforeAll(async () => {
    world = await startWorld({ env: { ORRERY_RATE_LIMIT_ANONYMOUS: '1000/10000', ORRERY_RATE_LIMIT_LOGIN: '1000/10000' } });
    [owner, stranger] = [await world.person('owner'), await world.person('owner')];
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  /** Bytes as they are: clients of HTTP refuse to send most of these. */
  const raw = (text: string): Promise<string> => {
    const { hostname, port } = new URL(world.url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(text));
      let heard = '';
      socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
      socket.on('data', (bytes) => {
        heard += bytes.toString();
      });
      socket.on('close', () => resolve(heard));
      socket.on('error', reject);
    });
  };
  const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
  const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
  const bearer = () => `Authorization: Bearer ${owner.token}`;
  const post = (body: string) =>
    request(world.url).post('/orrery/v1/runs').auth(owner.token, { type: 'bearer' }).set('content-type', 'application/json').send(body);

  describe('in its headers', () => {
    it('is refused where a header is folded, broken or has a line too many', async () => {
      for (const line of ['X-Org-Slug: a\rX-Evil: 1', 'X-Org-Slug: a\n folded', 'X Org: a', 'X-Org-Slug: a\0b', ': nothing']) {
        expect([line, statusOf(await raw(head('GET /orrery/v1/me HTTP/1.1', 'Host: x', bearer(), line, 'Connection: close')))]).toEqual([
          line,
          400,
        ]);
      }
      expect(world.stubs.asked).toEqual([]);
    });

    it('is refused where nobody can say how long it is', async () => {
      const both = head('POST /orrery/v1/runs HTTP/1.1', 'Host: x', bearer(), 'Content-Length: 5', 'Transfer-Encoding: chunked');
      const twice = head('POST /orrery/v1/runs HTTP/1.1', 'Host: x', bearer(), 'Content-Length: 5', 'Content-Length: 6');
      const odd = head('POST /orrery/v1/runs HTTP/1.1', 'Host: x', bearer(), 'Transfer-Encoding: xchunked');
      for (const text of [both, twice, odd]) expect(statusOf(await raw(`${text}0\r\n\r\nGET /orrery/v1/me HTTP/1.1\r\n\r\n`))).toBe(400);
      expect(world.stubs.asked).toEqual([]);
    });

    it('is one person’s, however many credentials it shows: the first one counts, and never two', async () => {
      const two = head('GET /orrery/v1/me HTTP/1.1', 'Host: x', bearer(), `Authorization: Bearer ${stranger.token}`, 'Connection: close');
      expect(statusOf(await raw(two))).toBe(200);
      expect(world.stubs.last(identity.GetMe)?.context.principal).toMatchObject({ id: owner.userId });
      const list = await request(world.url).get('/orrery/v1/me').set('authorization', `Bearer ${owner.token}, Bearer ${stranger.token}`);
      expect(list.status).toBe(401);
    });

    it('is in no organization where two are named', async () => {
      const lines = [owner, stranger].map(({ slug }) => `X-Org-Slug: ${slug}`);
      expect(statusOf(await raw(head('GET /orrery/v1/runs HTTP/1.1', 'Host: x', bearer(), ...lines, 'Connection: close')))).toBe(404);
      expect(world.stubs.asked).toEqual([]);
    });

    it('comes from where it comes, whatever it says of proxies', async () => {
      const told = {
        'x-forwarded-for': '203.0.113.7',
        forwarded: 'for=203.0.113.7',
        'x-real-ip': '203.0.113.7',
        'cf-connecting-ip': '203.0.113.7',
      };
      await request(world.url).get('/orrery/v1/me').auth(owner.token, { type: 'bearer' }).set(told).expect(200);
      expect(world.stubs.last(identity.GetMe)?.context.origin?.ip).toBe('127.0.0.1');
    });

    it('sets no header of the answer, and leads nowhere else', async () => {
      const asked = [
        '/orrery/v1/me%0d%0aSet-Cookie:%20a=b',
        '//evil.example/orrery/v1/me',
        '/orrery/v1/me/..%2f..%2fevil',
        '/\\evil.example',
      ];
      for (const path of asked) {
        const answer = await raw(head(`GET ${path} HTTP/1.1`, 'Host: evil.example', 'X-Forwarded-Host: evil.example', 'Connection: close'));
        expect([path, /^(set-cookie|location|refresh):/im.test(answer)]).toEqual([path, false]);
        expect(answer.split('\r\n\r\n', 1)[0]).not.toContain('evil.example');
        expect([400, 401, 404]).toContain(statusOf(answer));
      }
    });

    it('has no id of a log line or a trace of its choice where that is none', async () => {
      const { headers } = await request(world.url).get('/health').set('x-request-id', '"},{"level":"error').set('traceparent', '00-x-y-01');
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-\d\d$/);
    });

    it('names no method by another way', async () => {
      await request(world.url)
        .post('/orrery/v1/me')
        .auth(owner.token, { type: 'bearer' })
        .set('x-http-method-override', 'DELETE')
        .send({})
        .expect(405);
      expect(world.stubs.asked).toEqual([]);
    });
  });

  describe('in its body', () => {
    const deep = (open: string, close: string, times: number): string =>
      `{"code":"x","files":${open.repeat(times)}1${close.repeat(times)}}`;

    it.each([
      ['too deep in lists', deep('[', ']', 100_000), 400],
      ['too deep in objects', deep('{"a":', '}', 100_000), 400],
      ['without end', '['.repeat(500_000), 400],
      ['too long', `{"code":"${'x'.repeat(3_000_000)}"}`, 413],
      ['of too many files', `{"code":"x","files":{${Array.from({ length: 50_000 }, (_, at) => `"f${at}":""`).join()}}}`, 400],
      ['a number without end', `{"code":"x","timeoutSeconds":${'9'.repeat(100_000)}}`, 400],
      ['a number that is none', '{"code":"x","timeoutSeconds":1e999}', 400],
      ['a number below all', '{"code":"x","timeoutSeconds":-9223372036854775809}', 400],
      ['a fraction', '{"code":"x","timeoutSeconds":1.5}', 400],
      ['a list', '[{"code":"x"}]', 400],
      ['a text', '"code"', 400],
      ['nothing', 'null', 400],
      ['the parent of all objects', '{"code":"x","__proto__":{"isAdmin":true}}', 400],
      ['that, spelt otherwise', '{"code":"x","__\\u0070roto__":{"isAdmin":true}}', 400],
      ['that, in the files', '{"code":"x","files":{"__proto__":"y"}}', 400],
      ['the maker of all objects', '{"code":"x","constructor":{"prototype":{"isAdmin":true}}}', 400],
    ])('is refused quickly where that is %s', async (_, body, status) => {
      const before = process.cpuUsage();
      expect((await post(body)).status).toBe(status);
      // What it costs us, however busy others keep the machine.
      expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
      expect(world.stubs.asked).toEqual([]);
      expect(Reflect.get({}, 'isAdmin')).toBeUndefined();
    });

    it('means what it says last where it says something twice, and the service hears only that', async () => {
      expect((await post('{"code":"first","code":"last"}')).status).toBe(201);
      expect(world.stubs.last(execution.SubmitRun)?.input).toMatchObject({ code: 'last' });
    });

    it('is read as what it is called and nothing else', async () => {
      const forms = [
        'application/x-www-form-urlencoded',
        'text/plain',
        'multipart/form-data; boundary=x',
        'application/xml',
        'text/html; application/json',
      ];
      for (const form of forms) {
        const answer = await request(world.url)
          .post('/orrery/v1/runs')
          .auth(owner.token, { type: 'bearer' })
          .set('content-type', form)
          .send('{"code":"x"}');
        expect([form, answer.status]).toEqual([form, 415]);
      }
      expect(world.stubs.asked).toEqual([]);
    });
  });
});
