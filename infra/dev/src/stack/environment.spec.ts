import { environmentOf, type Where } from './environment.ts';
import type { StackSecrets } from './secrets.ts';

const where: Where = {
  postgresUrl: 'postgres://orrery:pw@127.0.0.1:20001/postgres',
  natsUrl: 'nats://127.0.0.1:20002',
  redisUrl: 'redis://127.0.0.1:20003',
  gatewayUrl: 'http://127.0.0.1:20004',
  credsDirectory: '/stack/bus',
};
const secrets: StackSecrets = {
  secret: 'the master secret',
  operatorKey: 'op_key',
  postgresPassword: 'pw',
  bus: { operator: 'SO', system: 'SAS', account: 'SAA', signing: 'SAB', readers: 'SAC', revoking: 'SOR', revoker: 'SUR', users: {} },
};
const of = (program: string, inherited: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => environmentOf(program, where, secrets, inherited);

describe('the environment of a program', () => {
  it('names the servers and the program’s own credentials', () => {
    expect(of('billing')).toEqual({
      ORRERY_PUBLIC_URL: where.gatewayUrl,
      ORRERY_POSTGRES_URL: where.postgresUrl,
      ORRERY_NATS_URL: where.natsUrl,
      ORRERY_NATS_CREDS: '/stack/bus/billing.creds',
      ORRERY_REDIS_URL: where.redisUrl,
      ORRERY_SECRET: 'the master secret',
    });
  });

  it('gives the operator’s key to the gateway only, and the signing key of the bus to execution only', () => {
    const programs = ['gateway', 'identity', 'catalog', 'inference', 'execution', 'billing', 'observability', 'all', 'agent'];
    const holding = (name: string): string[] => programs.filter((program) => of(program)[name] !== undefined);
    expect(holding('ORRERY_OPERATOR_KEY')).toEqual(['gateway', 'all']);
    expect(holding('ORRERY_NATS_ACCOUNT_SEED')).toEqual(['execution', 'all']);
    expect(holding('ORRERY_NATS_REVOKER')).toEqual(['execution', 'all']);
    expect(of('gateway')).toMatchObject({ ORRERY_HTTP_HOST: '127.0.0.1', ORRERY_HTTP_PORT: '20004', ORRERY_OPERATOR_KEY: 'op_key' });
  });

  it('lets the gateway listen where we were told', () => {
    expect(of('gateway', { ORRERY_HTTP_HOST: '0.0.0.0' })).toMatchObject({ ORRERY_HTTP_HOST: '0.0.0.0', ORRERY_HTTP_PORT: '20004' });
  });

  it('shows e-mail to whoever develops, unless others can ask for it too, or we said otherwise', () => {
    const shows = (inherited: NodeJS.ProcessEnv = {}): string[] =>
      ['gateway', 'identity', 'all', 'billing', 'agent'].filter((program) => of(program, inherited)['ORRERY_DEVELOPMENT'] === 'true');
    expect(shows()).toEqual(['gateway', 'identity', 'all']);
    expect(shows({ ORRERY_HTTP_HOST: '0.0.0.0' })).toEqual([]);
    expect(shows({ ORRERY_DEVELOPMENT: 'false' })).toEqual([]);
  });

  it('gives an agent no secret, not even one that we hold ourselves', () => {
    const inherited = { PATH: '/bin', ORRERY_SECRET: 's', ORRERY_POSTGRES_URL: 'p', ORRERY_AGENT_NAME: 'a', ORRERY_LOG_LEVEL: 'debug' };
    expect(of('agent', inherited)).toEqual({
      PATH: '/bin',
      ORRERY_AGENT_NAME: 'a',
      ORRERY_LOG_LEVEL: 'debug',
      ORRERY_PUBLIC_URL: where.gatewayUrl,
      ORRERY_NATS_URL: where.natsUrl,
    });
  });

  it('gives an engine what is the engine’s, and nothing else of ours', () => {
    const inherited = { PATH: '/bin', ORRERY_SECRET: 's', ORRERY_AGENT_NAME: 'a', ORRERY_ENGINE_THREADS: '2', ORRERY_LOG_LEVEL: 'debug' };
    expect(of('engine', inherited)).toEqual({ PATH: '/bin', ORRERY_ENGINE_THREADS: '2', ORRERY_LOG_LEVEL: 'debug' });
  });

  it('keeps address and key of another engine from ours, whose upstream has neither', () => {
    const inherited = {
      ORRERY_ENGINE_HOST: '10.0.0.7',
      ORRERY_ENGINE_KEY: 'the key of another',
      ORRERY_ENGINE_KEYS: '1',
      ORRERY_ENGINE_QUEUE: '3',
    };
    expect(of('engine', inherited)).toEqual({ ORRERY_ENGINE_KEYS: '1', ORRERY_ENGINE_QUEUE: '3' });
  });

  it('shows an agent no URL of a bus that was given to us: it may hold a login', () => {
    const { credsDirectory: _gone, ...given } = { ...where, natsUrl: 'nats://u:hunter2@elsewhere' };
    expect(JSON.stringify(environmentOf('agent', given, secrets, {}))).not.toContain('hunter2');
  });

  it('passes tuning and telemetry on, and lets what the stack started win over what we were told', () => {
    const inherited = { ORRERY_BILLING_POOL_SIZE: '4', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', ORRERY_NATS_URL: 'nats://old' };
    expect(of('billing', inherited)).toMatchObject({
      ORRERY_BILLING_POOL_SIZE: '4',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
      ORRERY_NATS_URL: where.natsUrl,
    });
  });

  it('leaves the credentials alone where the bus was given to us', () => {
    const given: Where = { ...where, natsUrl: 'nats://given' };
    const { credsDirectory: _gone, ...bare } = given;
    const environment = environmentOf('billing', bare, secrets, { ORRERY_NATS_CREDS: '/mine.creds' });
    expect(environment.ORRERY_NATS_CREDS).toBe('/mine.creds');
    expect(environmentOf('execution', bare, secrets, {}).ORRERY_NATS_ACCOUNT_SEED).toBeUndefined();
  });
});
