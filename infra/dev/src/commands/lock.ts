import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { completed, type LockFile, leftOutBy, missingEntries } from '../checks/lock-file.ts';
import type { Step } from '../checks/step.ts';
import { terminal } from '../terminal.ts';

const fileOf = (checkout: string): string => join(checkout, 'package-lock.json');
const read = (checkout: string): LockFile => JSON.parse(readFileSync(fileOf(checkout), 'utf8'));
const leftOut = (checkout: string): readonly string[] => leftOutBy(JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')));

/** Completes package-lock.json after an `npm install` against a registry that has not all platforms. */
export const lock = (checkout: string): void => {
  const before = read(checkout);
  const missing = Object.keys(missingEntries(before, leftOut(checkout)));
  if (missing.length > 0) writeFileSync(fileOf(checkout), `${JSON.stringify(completed(before, leftOut(checkout)), null, 2)}\n`);
  terminal.line(`added ${missing.length} packages for other platforms`);
};

export const lockFileStep = (checkout: string): Step => ({
  name: 'lock file knows all platforms',
  run: () => {
    const missing = Object.keys(missingEntries(read(checkout), leftOut(checkout)));
    for (const path of missing) terminal.failed(`package-lock.json lacks ${path}: node infra/dev/bin/orrery-dev.mjs lock`);
    return { ok: missing.length === 0 };
  },
});
