import { existsSync } from 'node:fs';
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
import type { CommandLine } from '../command-line.ts';
import { ensureSandbox } from '../finding/sandbox.ts';
import { foreground } from '../foreground.ts';
import { Problem, timed } from '../terminal.ts';

/** Runs the benchmarks against servers with throw-away data and the settings of the dev stack. */
export const bench = async (checkout: string, line: CommandLine): Promise<void> => {
  const main = join(checkout, 'bench/dist/main.js');
  if (!existsSync(main)) throw new Problem(`The benchmarks have no main module at ${main}`);
  ensureSandbox();
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
    process.exitCode = await foreground(process.execPath, [main, ...line.words], { cwd: checkout, env: { ...process.env, ...env } });
  } finally {
    await removeScratch(dir);
  }
};
