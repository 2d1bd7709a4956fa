import { startAll } from '@orrery/process';
import { freshDatabase, startNats } from '@orrery/testing';
import { z } from 'zod';
import { inference } from '../src/index.ts';

it('starts, is ready with a log of its own, and leaves in order', async () => {
  const [nats, database] = await Promise.all([startNats(), freshDatabase('inference')]);
  const started = await startAll([inference], {
    ORRERY_POSTGRES_URL: database.url,
    ORRERY_INFERENCE_DATABASE_URL: database.url,
    ORRERY_NATS_URL: nats.url,
    ORRERY_SECRET: '22'.repeat(32),
  });
  const ready = await fetch(`${started.healthUrl}/ready`);
  expect(ready.status).toBe(200);
  const { checks } = z.object({ checks: z.record(z.string(), z.unknown()) }).parse(await ready.json());
  expect(Object.keys(checks)).toEqual(expect.arrayContaining(['inference.postgres', 'inference.nats']));
  expect((await fetch(`${started.healthUrl}/health`)).status).toBe(200);
  await started.stop();
  await expect(fetch(`${started.healthUrl}/health`)).rejects.toThrow();
  await Promise.all([nats.stop(), database.drop()]);
}, 60_000);
