import { type Bus, connectBus, ServiceUnavailable } from '@orrery/messaging';
import { eventually, startNats, startPostgres } from '@orrery/testing';
import { type Deps, startAll } from '../src/index.ts';
import { context, EchoEvents, echo, readyOf, Say } from './fixtures/echo.ts';

// Whole processes and servers start here, on machines that may be busy.
jest.setTimeout(60_000);

type Nats = Awaited<ReturnType<typeof startNats>>;
type Postgres = Awaited<ReturnType<typeof startPostgres>>;
let nats: Nats;
let postgres: Postgres;
let bus: Bus;

beforeAll(async () => {
  [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  bus = await connectBus({ url: nats.url, name: 'test' });
});
afterAll(async () => {
  await bus.close();
  await Promise.all([nats.stop(), postgres.stop()]);
});

const env = (more: Record<string, string> = {}) => ({
  ORRERY_POSTGRES_URL: postgres.url,
  ORRERY_NATS_URL: nats.url,
  ORRERY_SECRET: '00'.repeat(32),
  ...more,
});

describe('a service', () => {
  it('makes its database, migrates it, serves and is ready; and leaves nothing open when it stops', async () => {
    let deps: Deps | undefined;
    const started = await startAll(
      [
        echo(undefined, {
          start: (given) => {
            deps = given;
            return { stop: async () => undefined };
          },
        }),
      ],
      env(),
    );
    expect(await bus.ask(Say, { text: 'hello' }, context())).toEqual({ accepted: true, value: { heard: 'hello' } });
    expect(await readyOf(started)).toMatchObject({
      status: 200,
      names: expect.arrayContaining(['echo.nats', 'echo.postgres', 'echo.requests']),
    });
    expect(await deps?.database.query('SELECT current_database() AS name, count(*)::int AS echoes FROM echoes')).toEqual([
      { name: 'orrery_echo', echoes: 0 },
    ]);
    expect(deps?.secrets('seal-kek')).toHaveLength(32);
    await started.stop();
    await expect(bus.ask(Say, { text: 'anyone?' }, context())).rejects.toThrow(ServiceUnavailable);
    await expect(fetch(`${started.healthUrl}/health`)).rejects.toThrow();
    expect(deps?.nats.isClosed()).toBe(true);
    expect(deps?.database.isInitialized).toBe(false);
  });

  it('finishes what it has before it closes what that needs, and takes nothing new meanwhile', async () => {
    const order: string[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let deps: Deps | undefined;
    const started = await startAll(
      [
        echo(
          async (text) => {
            // What is asked before the service lets go of its subjects is answered like any other, and not kept waiting.
            if (text !== 'slow') return;
            order.push('request taken');
            await gate;
            await deps?.database.query('SELECT 1');
          },
          {
            start: (given) => {
              deps = given;
              return {
                stop: async () => {
                  order.push('own work stopped');
                },
              };
            },
          },
        ),
      ],
      env(),
    );
    const asked = bus.ask(Say, { text: 'slow' }, context()).then((outcome) => {
      order.push('request answered');
      return outcome;
    });
    await eventually(() => order.includes('request taken'));
    const stopped = started.stop().then(() => order.push('stopped'));
    await eventually(() => order.includes('own work stopped'));
    expect(await readyOf(started)).toMatchObject({ status: 503, down: expect.arrayContaining(['process']) });
    await eventually(() => expect(bus.ask(Say, { text: 'too late' }, context())).rejects.toThrow(ServiceUnavailable));
    open();
    expect(await asked).toEqual({ accepted: true, value: { heard: 'slow' } });
    await stopped;
    expect(order).toEqual(['request taken', 'own work stopped', 'request answered', 'stopped']);
  });

  it('publishes what its last request appended before it lets go of the bus', async () => {
    let open = (): void => undefined;
    let isTaken = false;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let deps: Deps | undefined;
    const append = async () => {
      isTaken = true;
      await gate;
      const data = { text: 'the last words' };
      await deps?.store.commit({
        appends: [{ stream: 'echo-1', expected: 0, events: [{ type: 'EchoHeard', data }] }],
        metadata: { correlationId: 'c', causationId: 'c', actor: 'service:test' },
      });
    };
    const start = (given: Deps) => {
      deps = given;
      return { stop: async () => undefined };
    };
    const started = await startAll([echo(append, { events: [EchoEvents], start })], env());
    const asked = bus.ask(Say, { text: 'last' }, context());
    await eventually(() => isTaken);
    const stopped = started.stop();
    open();
    expect(await asked).toMatchObject({ accepted: true });
    await stopped;
    const { state } = await (await bus.connection.jetstreamManager()).streams.info('LOG_ECHO');
    expect(state.messages).toBe(1);
  });

  it('is not ready while NATS or PostgreSQL is away, and is again when they are back', async () => {
    const started = await startAll([echo()], env());
    try {
      expect((await readyOf(started)).status).toBe(200);
      await nats.kill9();
      await eventually(async () => expect(await readyOf(started)).toMatchObject({ status: 503, down: ['echo.nats', 'echo.requests'] }));
      await nats.restart();
      await eventually(async () => expect((await readyOf(started)).status).toBe(200));
      await postgres.kill9();
      await eventually(async () =>
        expect(await readyOf(started)).toMatchObject({ status: 503, down: expect.arrayContaining(['echo.postgres']) }),
      );
      expect((await fetch(`${started.healthUrl}/health`)).status).toBe(200);
      await postgres.restart();
      await eventually(async () => expect((await readyOf(started)).status).toBe(200));
      expect(await bus.ask(Say, { text: 'still here' }, context())).toMatchObject({ accepted: true });
    } finally {
      await started.stop();
    }
  });

  it('waits at start for what is not there yet', async () => {
    await postgres.stop();
    const starting = startAll([echo()], env());
    await postgres.restart();
    const started = await starting;
    expect((await readyOf(started)).status).toBe(200);
    await started.stop();
  });

  it('does not wait long for what never comes, and says what', async () => {
    const nowhere = env({ ORRERY_NATS_URL: 'nats://127.0.0.1:9', ORRERY_START_SECONDS: '1' });
    await expect(startAll([echo()], nowhere)).rejects.toThrow(/^NATS at 127\.0\.0\.1:9 did not answer within 1 s: .* ORRERY_NATS_URL\.$/);
  });

  it('does not wait at all for a file of credentials that is not there', async () => {
    await expect(startAll([echo()], env({ ORRERY_NATS_CREDS: '/no/such.creds' }))).rejects.toThrow(
      /^NATS at .* cannot be used: .*\/no\/such\.creds.*ORRERY_NATS_CREDS must be the path/,
    );
  });

  it('does not touch a database that was made with another secret', async () => {
    await (await startAll([echo()], env())).stop();
    const other = env({ ORRERY_SECRET: '11'.repeat(32) });
    await expect(startAll([echo()], other)).rejects.toThrow(/^orrery_echo was made with another ORRERY_SECRET: /);
    await (await startAll([echo()], env())).stop();
  });

  it('does not wait at all where the password is wrong', async () => {
    const url = new URL(postgres.url);
    url.password = 'wrong';
    await expect(startAll([echo()], env({ ORRERY_POSTGRES_URL: url.href }))).rejects.toThrow(
      /password authentication failed .* ORRERY_POSTGRES_URL\.$/,
    );
  });
});
