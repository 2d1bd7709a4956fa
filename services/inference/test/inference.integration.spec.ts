import { startAll } from '@orrery/process';
import { eventually, freshDatabase, startNats } from '@orrery/testing';
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
  // Its snapshots are filled a moment after it has started.
  const ready = await eventually(async () => {
    const answer = await fetch(`${started.healthUrl}/ready`);
    return answer.status === 200 && answer;
  });
  const { checks } = z.object({ checks: z.record(z.string(), z.unknown()) }).parse(await ready.json());
  expect(Object.keys(checks)).toEqual(expect.arrayContaining(['inference.postgres', 'inference.nats']));
  expect((await fetch(`${started.healthUrl}/health`)).status).toBe(200);
  await started.stop();
  await expect(fetch(`${started.healthUrl}/health`)).rejects.toThrow();
  await Promise.all([nats.stop(), database.drop()]);
}, 60_000);
