import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Step } from '../checks/step.ts';
import { Problem, terminal, timed } from '../terminal.ts';

/** Programs that write generated files into the directory they are given. */
const generators: readonly string[] = ['libs/contracts/dist/generate.js', 'gateway/dist/generate.js'];

const runInto = (checkout: string, directory: string): void => {
  for (const generator of generators.filter((path) => existsSync(join(checkout, path)))) {
    const { status } = spawnSync(process.execPath, [join(checkout, generator), directory], {
      cwd: checkout,
      stdio: 'inherit',
      timeout: 120_000,
    });
    if (status !== 0) throw new Problem(`${generator} failed`);
  }
};

/** Writes the files of docs/ that are generated from the contracts. */
export const generate = async (checkout: string): Promise<void> => {
  await timed('generated docs', () => Promise.resolve(runInto(checkout, join(checkout, 'docs'))));
};

const read = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** Generated files are committed, so they can be stale: generate them again elsewhere and compare. */
export const generatedStep = (checkout: string): Step => ({
  name: 'generated files are fresh',
  run: () => {
    const directory = mkdtempSync(join(tmpdir(), 'orrery-docs-'));
    try {
      runInto(checkout, directory);
      const stale = readdirSync(directory).filter((file) => read(join(directory, file)) !== read(join(checkout, 'docs', file)));
      for (const file of stale) terminal.failed(`docs/${file} is stale: npm run docs:generate`);
      return { ok: stale.length === 0 };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
});
