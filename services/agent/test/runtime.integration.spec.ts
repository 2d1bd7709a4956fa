import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { findRuntime } from '../src/runtime/find-sandbox.ts';
import type { Inspection } from '../src/runtime/runtime.ts';
import { GpuAccess } from '../src/slices/gpu-access.ts';
import { Slices } from '../src/slices/slices.ts';
import { specOf } from './fixtures/platform.ts';

jest.setTimeout(60_000);

describe('A program that is over', () => {
  const state = mkdtempSync(join(tmpdir(), 'orrery-runtime-'));

  afterAll(() => rmSync(state, { recursive: true, force: true }));

  it('has left how it ended, however closely one looks', async () => {
    const smi = async () => ({ isOk: false, text: '' });
    const gpus = new GpuAccess([], new Slices({ smi, directory: join(state, 'slices'), bootId: 'now' }));
    const options = { stateDirectory: state, groups: undefined, maxProcesses: 64, gpus, weights: undefined };
    const { runtime } = await findRuntime(options, true);
    const ends: Inspection[] = [];
    for (let round = 0; round < 25; round += 1) {
      const key = `round-${round}.1`;
      const { env, ...spec } = specOf({ code: 'pass' });
      await runtime.prepare(key, spec, { slot: 0 });
      await runtime.start(key, env);
      for (let seen = runtime.inspect(key); ; seen = runtime.inspect(key)) {
        if (seen.presence === 'over') {
          ends.push(seen);
          break;
        }
        await turn();
      }
      await runtime.remove(key);
    }
    expect(ends.map(({ exit }) => exit?.code)).toEqual(Array.from({ length: 25 }, () => 0));
  });
});
