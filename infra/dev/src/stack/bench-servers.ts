import { join } from 'node:path';
import {
  makeScratch,
  removeScratch,
  startNatsServer,
  startPostgresServer,
  startRedisServer,
  stateRoot,
  sweepScratch,
} from '@orrery/servers';
import { timed } from '../terminal.ts';

/** Servers with throw-away data, for as long as the work takes. */
export const withBenchServers = async (checkout: string, work: (env: NodeJS.ProcessEnv) => Promise<number>): Promise<number> => {
  const root = stateRoot(checkout);
  await sweepScratch(root);
  const dir = makeScratch(root);
  try {
    const env = await timed('servers with throw-away data', async () => {
      const postgres = await startPostgresServer({ dir: join(dir, 'postgres'), templates: join(root, 'templates') });
      const nats = await startNatsServer({ dir: join(dir, 'nats') });
      const redis = await startRedisServer({ dir: join(dir, 'redis') });
      return { ORRERY_POSTGRES_URL: postgres.url, ORRERY_NATS_URL: nats.url, ORRERY_REDIS_URL: redis.url, ORRERY_TEST_DIR: dir };
    });
    return await work(env);
  } finally {
    await removeScratch(dir);
  }
};
