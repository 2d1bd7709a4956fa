import { startNats, startPostgres } from '@orrery/testing';
import { z } from 'zod';
import { ConfigInvalid, program, startAll } from '../src/index.ts';
import { echo, readyOf } from './fixtures/echo.ts';

// Whole servers start here, on machines that may be busy.
jest.setTimeout(60_000);

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
    const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
    const env = { ORRERY_POSTGRES_URL: postgres.url, ORRERY_NATS_URL: nats.url, ORRERY_SECRET: '00'.repeat(32) };
    const started = await startAll([echo(), quiet('other', order)], env);
    expect(await readyOf(started)).toMatchObject({ status: 200, names: expect.arrayContaining(['echo.nats', 'echo.postgres']) });
    await started.stop();
    expect(order).toEqual(['other started', 'other stopped']);
    await Promise.all([nats.stop(), postgres.stop()]);
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
    await expect(startAll([quiet('fine', order), broken], {})).rejects.toThrow('no disk');
    expect(order).toEqual(['fine started', 'fine stopped']);
  });

  it('do not wait for what one of them will never get', async () => {
    const waiting = program({
      name: 'waiting',
      config: z.object({}),
      start: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    });
    const broken = quiet('broken', [], () => Promise.reject(new Error('no disk')));
    await expect(startAll([waiting, broken], {})).rejects.toThrow(/^no disk$/);
  });

  it('do not keep the process waiting for ever when one does not stop', async () => {
    const stuck = program({ name: 'stuck', config: z.object({}), start: async () => ({ stop: () => new Promise(() => undefined) }) });
    const started = await startAll([stuck], { ORRERY_STOP_SECONDS: '1' });
    await expect(started.stop()).rejects.toThrow('the process did not stop in order: programs: programs took longer than 1000 ms');
  });
});
