import { Controller } from '@nestjs/common';
import { events, query, type RequestContext } from '@orrery/contracts';
import { type Bus, connectBus, Serves, ServiceUnavailable } from '@orrery/messaging';
import { eventually, type FreshDatabase, freshDatabase, startNats, startPostgres } from '@orrery/testing';
import { z } from 'zod';
import {
  ConfigInvalid,
  type Deps,
  program,
  type ServiceDefinition,
  type Started,
  service,
  serviceVariables,
  startAll,
} from '../src/index.ts';

// Whole processes and servers start here, on machines that may be busy.
jest.setTimeout(60_000);

const EchoConfig = z.object(serviceVariables('echo'));
const Say = query({
  subject: 'echo.say',
  summary: 'Answers what it heard',
  access: 'service',
  input: z.strictObject({ text: z.string() }),
  output: z.strictObject({ heard: z.string() }),
  refusals: {},
});

const EchoEvents = events('echo', { EchoHeard: z.strictObject({ text: z.string() }) });

const context = (): RequestContext => ({
  principal: { kind: 'service', name: 'test' },
  commandId: 'c',
  idempotent: false,
  correlationId: 'c',
  causationId: 'c',
  deadlineAt: Date.now() + 5_000,
});

type Nats = Awaited<ReturnType<typeof startNats>>;
type Postgres = Awaited<ReturnType<typeof startPostgres>>;
let nats: Nats;
let postgres: Postgres;
let bus: Bus;
let database: FreshDatabase;

beforeAll(async () => {
  [nats, postgres, database] = await Promise.all([startNats(), startPostgres(), freshDatabase('echo')]);
  bus = await connectBus({ url: nats.url, name: 'test' });
});
afterAll(async () => {
  await bus.close();
  await Promise.all([nats.stop(), postgres.stop(), database.drop()]);
});

const env = (more: Record<string, string> = {}) => ({
  ORRERY_POSTGRES_URL: postgres.url,
  ORRERY_NATS_URL: nats.url,
  ORRERY_SECRET: '00'.repeat(32),
  ...more,
});

/** A service whose answers wait for `gate`. */
const echo = (gate: () => Promise<unknown> = async () => undefined, more: Partial<ServiceDefinition<typeof EchoConfig>> = {}) => {
  @Controller()
  class EchoHandler {
    @Serves(Say)
    async say({ text }: { text: string }): Promise<{ heard: string }> {
      await gate();
      return { heard: text };
    }
  }
  const migrations = [{ number: 1, name: 'echoes', up: 'CREATE TABLE echoes (text text)' }];
  return service({ name: 'echo', config: EchoConfig, events: [], migrations, module: () => ({ controllers: [EchoHandler] }), ...more });
};

const readyOf = async ({ healthUrl }: Started) => {
  const response = await fetch(`${healthUrl}/ready`);
  const { checks } = (await response.json()) as { checks: Record<string, { ok: boolean }> };
  const down = Object.entries(checks).flatMap(([name, { ok }]) => (ok ? [] : [name]));
  return { status: response.status, names: Object.keys(checks).toSorted(), down };
};

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
          async () => {
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
    await expect(startAll([echo()], nowhere)).rejects.toThrow(/^NATS at 127\.0\.0\.1:9 did not answer within 1 s: /);
  });

  it('does not wait at all where the password is wrong', async () => {
    const url = new URL(postgres.url);
    url.password = 'wrong';
    await expect(startAll([echo()], env({ ORRERY_POSTGRES_URL: url.href }))).rejects.toThrow('password authentication failed');
  });
});

const quiet = (name: string, order: string[], start = async () => undefined) =>
  program({
    name,
    config: z.object({}),
    start: async () => {
      await start();
      order.push(`${name} started`);
      return {
        stop: async () => {
          order.push(`${name} stopped`);
        },
      };
    },
  });

describe('several programs in one process', () => {
  it('share its health server, each with checks of its own', async () => {
    const order: string[] = [];
    const started = await startAll([echo(), quiet('other', order)], env());
    expect(await readyOf(started)).toMatchObject({ status: 200, names: expect.arrayContaining(['echo.nats', 'echo.postgres']) });
    await started.stop();
    expect(order).toEqual(['other started', 'other stopped']);
  });

  it('tell all mistakes of all of them, each variable once', async () => {
    const wrong = startAll([echo(), echo()], { ORRERY_NATS_URL: 'http://x', ORRERY_SECRET: 'short', ORRERY_HEALTH_PORT: '70000' });
    const { mistakes } = await wrong.then(
      () => ({ mistakes: [] }),
      (error: unknown) => (error instanceof ConfigInvalid ? error : { mistakes: [] }),
    );
    expect(mistakes.map(({ variable }) => variable)).toEqual([
      'ORRERY_HEALTH_PORT',
      'ORRERY_POSTGRES_URL',
      'ORRERY_NATS_URL',
      'ORRERY_SECRET',
    ]);
  });

  it('all stop where one cannot start', async () => {
    const order: string[] = [];
    const broken = quiet('broken', order, () => Promise.reject(new Error('no disk')));
    await expect(startAll([quiet('fine', order), broken], env())).rejects.toThrow('no disk');
    expect(order).toEqual(['fine started', 'fine stopped']);
  });

  it('do not keep the process waiting for ever when one does not stop', async () => {
    const stuck = program({ name: 'stuck', config: z.object({}), start: async () => ({ stop: () => new Promise(() => undefined) }) });
    const started = await startAll([stuck], env({ ORRERY_STOP_SECONDS: '1' }));
    await expect(started.stop()).rejects.toThrow('not everything could be closed in order');
  });
});
