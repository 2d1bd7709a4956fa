import { Health } from './health.ts';
import { serveHealth } from './health-server.ts';

describe('readiness', () => {
  it('holds when every check holds, and names each that does not', async () => {
    const health = new Health();
    health.check('a', () => undefined);
    health.check('b', async () => true);
    expect(await health.ready()).toMatchObject({ ready: true, checks: { a: { ok: true }, b: { ok: true } } });
    health.check('c', () => false);
    health.check('d', () => Promise.reject(new Error('connection refused')));
    expect(await health.ready()).toMatchObject({
      ready: false,
      checks: { a: { ok: true }, c: { ok: false, error: 'not ready' }, d: { ok: false, error: 'connection refused' } },
    });
  });

  it('does not wait for a check that hangs', async () => {
    const health = new Health(20);
    health.check('stuck', () => new Promise(() => undefined));
    const { checks } = await health.ready();
    expect(checks.stuck).toMatchObject({ ok: false, error: 'the check took longer than 20 ms' });
  });

  it('asks the checks once for many askers', async () => {
    const health = new Health();
    let asked = 0;
    health.check('counted', () => {
      asked += 1;
    });
    await Promise.all(Array.from({ length: 50 }, () => health.ready()));
    expect(asked).toBe(1);
  });

  it('keeps the checks of several programs apart, and refuses two of one name', async () => {
    const health = new Health();
    const remove = health.named('identity').check('nats', () => true);
    health.named('billing').check('nats', () => true);
    expect(Object.keys((await health.ready()).checks)).toEqual(['identity.nats', 'billing.nats']);
    expect(() => health.named('billing').check('nats', () => true)).toThrow('billing.nats');
    remove();
    expect(Object.keys((await health.ready()).checks)).toEqual(['billing.nats']);
  });

  it('is over once the process drains, whatever the checks say', async () => {
    const health = new Health();
    health.check('fine', () => true);
    health.drain();
    expect(await health.ready()).toMatchObject({ ready: false, checks: { process: { ok: false, error: 'stopping' } } });
  });
});

describe('the health server', () => {
  it('tells liveness, readiness and metrics, and nothing else', async () => {
    const health = new Health();
    const server = await serveHealth(health, { host: '127.0.0.1', port: 0 });
    try {
      const ask = async (path: string) => {
        const response = await fetch(`${server.url}${path}`);
        return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
      };
      expect(await ask('/health')).toMatchObject({ status: 200, body: expect.stringContaining('"alive":true') });
      expect(await ask('/ready?verbose')).toMatchObject({ status: 200, type: 'application/json' });
      health.check('down', () => false);
      expect(await ask('/ready')).toMatchObject({ status: 503, body: expect.stringContaining('"down":{"ok":false') });
      expect((await ask('/health')).status).toBe(200);
      const metrics = await ask('/metrics');
      expect(metrics.type).toContain('version=0.0.4');
      expect(metrics.body).toContain('orrery_ready{service="down",check="process"} 0');
      expect((await ask('/')).status).toBe(404);
    } finally {
      await server.close();
    }
  });

  it('fails to start on a port that is taken, and says so', async () => {
    const first = await serveHealth(new Health(), { host: '127.0.0.1', port: 0 });
    await expect(serveHealth(new Health(), { host: '127.0.0.1', port: first.port })).rejects.toThrow('EADDRINUSE');
    await first.close();
  });
});
