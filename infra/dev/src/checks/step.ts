import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../stack/private-file.ts';
import { terminal } from '../terminal.ts';
import { type JestReport, noTests, type Tally, tallyOf } from './tally.ts';

export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  readonly tally: Tally;
  readonly tookMs: number;
}

export interface Step {
  readonly name: string;
  readonly run: () => Promise<{ ok: boolean; tally?: Tally }> | { ok: boolean; tally?: Tally };
}

/** Runs a step under its heading. A step that throws has failed. */
export const take = async ({ name, run }: Step): Promise<StepResult> => {
  terminal.heading(name);
  const startedAt = Date.now();
  const outcome = await Promise.resolve()
    .then(run)
    .catch((error: unknown) => {
      terminal.failed(error instanceof Error ? error.message : String(error));
      return { ok: false };
    });
  const tookMs = Date.now() - startedAt;
  if (outcome.ok) terminal.done(name, tookMs);
  else terminal.failed(name);
  return { name, tookMs, tally: noTests, ...outcome };
};

const limitMs = 60 * 60_000;

/** A step that is one Node program of node_modules. */
export const nodeStep = (checkout: string, name: string, args: readonly string[]): Step => ({
  name,
  run: () => {
    const { status, error } = spawnSync(process.execPath, args, {
      cwd: checkout,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: limitMs,
    });
    if (error) throw error;
    return { ok: status === 0 };
  },
});

/** A step that is one jest project; its tests are counted. */
export const jestStep = (checkout: string, project: string, options: { args?: readonly string[]; env?: NodeJS.ProcessEnv } = {}): Step => ({
  name: `${project} tests`,
  run: () => {
    const directory = join(checkout, '.orrery/reports');
    mkdirSync(directory, { recursive: true });
    const outputFile = join(directory, `${project}-${process.pid}.json`);
    const jest = join(checkout, 'node_modules/jest/bin/jest.js');
    const args = [
      jest,
      '--selectProjects',
      project,
      '--passWithNoTests',
      '--json',
      `--outputFile=${outputFile}`,
      '--silent',
      ...(options.args ?? []),
    ];
    const { status, error } = spawnSync(process.execPath, args, {
      cwd: checkout,
      // With --json jest repeats its report on stdout; people read the one on stderr.
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: limitMs,
      env: { ...process.env, ...options.env },
    });
    if (error) throw error;
    const report = readJson<JestReport>(outputFile);
    return {
      ok: status === 0,
      tally: report === undefined ? { ...noTests, failed: 1, failures: [`${project} tests wrote no report`] } : tallyOf(report),
    };
  },
});
