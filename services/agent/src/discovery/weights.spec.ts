import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathsOf, watchWeights } from './weights.ts';

describe('The weights on a machine', () => {
  const directory = mkdtempSync(join(tmpdir(), 'orrery-weights-'));
  const lay = (name: string): void => writeFileSync(join(directory, name), '');
  afterAll(() => rmSync(directory, { recursive: true }));

  it('are told by their names, and again when a minute has passed', () => {
    let now = 0;
    const look = watchWeights(directory, () => now);
    expect(look()).toEqual([]);
    mkdirSync(join(directory, 'llama-3-8b'));
    for (const name of ['qwen.bin', '.hidden', 'not a name']) lay(name);
    expect(look()).toEqual([]);
    now = 60_000;
    expect(look()).toEqual(['llama-3-8b', 'qwen.bin']);
  });

  it('are so many and no more', () => {
    for (let n = 0; n < 300; n += 1) lay(`model-${n}`);
    expect(watchWeights(directory, () => 0)()).toHaveLength(256);
  });

  it('are none where there is no such directory', () => {
    expect(watchWeights(join(directory, 'nowhere'), () => 0)()).toEqual([]);
    expect(pathsOf(undefined, ['llama-3-8b'])).toEqual([]);
    expect(pathsOf(directory, ['llama-3-8b', 'gone'])).toEqual([join(directory, 'llama-3-8b')]);
  });
});
