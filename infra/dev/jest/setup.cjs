// Compiled by jest's own transform, so that tests never wait for a build; it may import only what needs no resolution.
const { makeScratch, removeScratch, startPostgresServer, stateRoot, sweepScratch } = require('../../../libs/servers/src/index.ts');
const { join, resolve } = require('node:path');

/** One PostgreSQL for the whole run, unless the environment names one. NATS and Redis are started by the files that need them. */
module.exports = async () => {
  const root = stateRoot(resolve(__dirname, '../../..'));
  await sweepScratch(root);
  const dir = makeScratch(root);
  process.env.ORRERY_TEST_DIR = dir;
  process.env.ORRERY_POSTGRES_TEMPLATES = join(root, 'templates');
  globalThis.orreryTestRun = { finish: () => removeScratch(dir) };
  if (process.env.ORRERY_POSTGRES_URL) return;
  try {
    const postgres = await startPostgresServer({ dir: join(dir, 'postgres'), templates: process.env.ORRERY_POSTGRES_TEMPLATES });
    process.env.ORRERY_POSTGRES_URL = postgres.url;
  } catch (error) {
    await removeScratch(dir);
    throw error;
  }
};
