import { compile } from '@fastify/proxy-addr';
import { ConfigInvalid, configOf } from '@orrery/process/light';
import { GatewayConfig } from './gateway.config.ts';

const needed = { ORRERY_NATS_URL: 'nats://127.0.0.1:4222', ORRERY_REDIS_URL: 'redis://127.0.0.1:6379', ORRERY_SECRET: 'a1'.repeat(32) };
const read = (env: Record<string, string>) => configOf('gateway', GatewayConfig, { ...needed, ...env });

describe('The configuration', () => {
  it('has limits and lists in one word each', () => {
    const config = read({ ORRERY_RATE_LIMIT_READ: '1.5/20', ORRERY_CORS_ORIGINS: 'https://a.example, https://b.example,' });
    expect(config.readLimit).toEqual({ perSecond: 1.5, burst: 20 });
    expect(config.writeLimit).toEqual({ perSecond: 200, burst: 1_000 });
    expect(config.corsOrigins).toEqual(['https://a.example', 'https://b.example']);
    expect(config.operatorKey).toBeUndefined();
  });

  it.each([
    ['ORRERY_RATE_LIMIT_WRITE', 'fast'],
    ['ORRERY_RATE_LIMIT_WRITE', '0/5'],
    ['ORRERY_OPERATOR_KEY', 'op_short'],
    ['ORRERY_HTTP_PORT', '70000'],
    ['ORRERY_HTTP_HOST', 'every where'],
    ['ORRERY_CORS_ORIGINS', 'https://a.example/page'],
    ['ORRERY_CORS_ORIGINS', 'console.example.com'],
    ['ORRERY_TRUST_PROXY', 'garbage'],
    ['ORRERY_TRUST_PROXY', '10.0.0.0/33'],
    ['ORRERY_TRUST_PROXY', '10.0.0.1, 10.0.0.2/8/8'],
  ])('names %s where it is %s', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(ConfigInvalid);
    expect(() => read({ [name]: value })).toThrow(name);
  });

  it('believes proxies by address, by network, and by name', () => {
    const proxies = '127.0.0.1, 10.0.0.0/8,::1,fd00::/8,loopback, uniquelocal';
    expect(read({ ORRERY_TRUST_PROXY: proxies }).trustProxy).toBe(proxies);
    expect(() => compile(proxies.split(',').map((part) => part.trim()))).not.toThrow();
  });

  it('shows no secret in what it complains about', () => {
    expect(() => read({ ORRERY_OPERATOR_KEY: 'op_hunter2' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  });
});
