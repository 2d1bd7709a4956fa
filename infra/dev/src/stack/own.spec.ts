import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireOwn } from './own.ts';

describe('a stack', () => {
  const own = mkdtempSync(join(tmpdir(), 'orrery-own-'));
  afterAll(() => rmSync(own, { recursive: true }));

  it('is of the user who made it', () => {
    expect(() => requireOwn({ name: 'dev', own })).not.toThrow();
    expect(() => requireOwn({ name: 'dev', own: join(own, 'not-there') })).not.toThrow();
  });

  it('is not for another one', () => {
    const other = (process.getuid?.() ?? 0) + 1;
    expect(() => requireOwn({ name: 'dev', own }, other)).toThrow(/belongs to another user \(uid \d+; you are \d+\).*--name other/);
  });
});
