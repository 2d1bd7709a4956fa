import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { tarOf } from './tar.ts';

describe('An archive', () => {
  const directory = mkdtempSync(join(tmpdir(), 'orrery-tar-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('is read by tar as it was made, whatever files are called and hold', () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9_-][^/\0]{0,80}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    let round = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(path, fc.string({ maxLength: 2_000 })), { selector: ([first]) => first.split('/')[0], maxLength: 4 }),
        (files) => {
          const target = join(directory, String(round++));
          execFileSync('mkdir', [target]);
          execFileSync('tar', ['--extract', '--file', '-'], { cwd: target, input: tarOf(files) });
          for (const [file, text] of files) expect(readFileSync(join(target, file), 'utf8')).toBe(Buffer.from(text).toString('utf8'));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('holds names of any length', () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/é.txt`;
    const listed = execFileSync('tar', ['--list', '--quoting-style=literal', '--file', '-'], {
      input: tarOf([[long, 'x']]),
      encoding: 'utf8',
    });
    expect(listed).toBe(`${long}\n`);
  });
});
