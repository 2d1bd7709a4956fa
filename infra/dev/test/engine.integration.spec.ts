import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchEngine } from '../src/stack/engine.ts';
import { pathsOf } from '../src/stack/paths.ts';
import { startProgram } from '../src/stack/programs.ts';
import type { LaunchOptions } from '../src/stack/stack.ts';

describe('The engine of a stack', () => {
  const own = mkdtempSync(join(tmpdir(), 'orrery-no-engine-'));
  afterAll(() => rmSync(own, { recursive: true }));

  it('is left out where it does not start, and everything else does without it', async () => {
    const paths = { ...pathsOf(process.cwd(), 'no-engine'), own };
    const launch = (program: string, { env = {} }: LaunchOptions = {}) =>
      startProgram({ paths, program, env: { PATH: process.env.PATH, ...env } });
    expect(await launchEngine({ paths, launch }, { ORRERY_ENGINE_THREADS: 'none' })).toBeUndefined();
  }, 60_000);
});
