import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jestStep, nodeStep, type Step, type StepResult, take } from '../checks/step.ts';
import { suppressionsIn } from '../checks/suppressions.ts';
import { add, closingLine, noTests } from '../checks/tally.ts';
import type { CommandLine } from '../command-line.ts';
import { choose, serverNames } from '../finding/choose.ts';
import { factsOf } from '../finding/machine.ts';
import { ensureSandbox } from '../finding/sandbox.ts';
import { ensureTools } from '../finding/tools.ts';
import { installMissing } from '../stack/servers.ts';
import { terminal } from '../terminal.ts';
import { generatedStep } from './generate.ts';
import { lockFileStep } from './lock.ts';

/** Enough of the chaos to notice a mistake; `npm run test:chaos` does all of it. */
const smallChaos = { ORRERY_CHAOS: 'small' };

const sourceFiles = (checkout: string): string[] =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.mjs', '*.cjs'], { cwd: checkout, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(checkout, file)));

const suppressionStep = (checkout: string): Step => ({
  name: 'suppressions',
  run: () => {
    const findings = sourceFiles(checkout).flatMap((file) => suppressionsIn(file, readFileSync(join(checkout, file), 'utf8')));
    for (const { file, line, what, text } of findings) terminal.failed(`${file}:${line} ${what}: ${text}`);
    return { ok: findings.length === 0 };
  },
});

const boundaryArguments = (checkout: string): string[] => {
  const { scripts }: { scripts: { boundaries: string } } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  return scripts.boundaries.split(' ').slice(1);
};

const tool = (checkout: string, path: string): string => join(checkout, 'node_modules', path);

/** What needs no server; under half a minute. */
const staticSteps = (checkout: string): Step[] => [
  nodeStep(checkout, 'format and lint', [tool(checkout, '@biomejs/biome/bin/biome'), 'check', '.']),
  suppressionStep(checkout),
  lockFileStep(checkout),
  nodeStep(checkout, 'boundaries', [tool(checkout, 'dependency-cruiser/bin/dependency-cruise.mjs'), ...boundaryArguments(checkout)]),
  // Sources were compiled before we began; this adds the specs.
  nodeStep(checkout, 'types', [tool(checkout, 'typescript-native/bin/tsc'), '-p', 'tsconfig.spec.json']),
  generatedStep(checkout),
  jestStep(checkout, 'unit'),
];

/** Tests start their own throw-away servers, so what matters is that the programs are here. */
const ensureServers = (): void => {
  const facts = factsOf({ ORRERY_POSTGRES_URL: process.env.ORRERY_POSTGRES_URL }, false);
  const [postgres, nats, redis] = serverNames.map((name) => choose(name, facts));
  if (postgres && nats && redis) installMissing({ postgres, nats, redis });
  ensureSandbox();
  ensureTools();
};

/** What takes minutes. */
const longSteps = (checkout: string): Step[] => [jestStep(checkout, 'laws'), jestStep(checkout, 'integration'), jestStep(checkout, 'e2e')];

const report = (results: readonly StepResult[]): void => {
  terminal.heading('What it took');
  for (const { name, ok, tookMs } of results) {
    if (ok) terminal.done(name, tookMs);
    else terminal.failed(`${name} ${(tookMs / 1_000).toFixed(1)} s`);
  }
  const tally = results.map((result) => result.tally).reduce(add, noTests);
  for (const failure of tally.failures) console.log(`\n✗ ${failure}`);
  for (const name of tally.unsteady) console.log(`\n! passed at its second attempt alone: ${name}`);
  const isGreen = results.every((result) => result.ok) && tally.failed === 0;
  process.exitCode = isGreen ? 0 : 1;
  console.log(`\n${closingLine(tally)}`);
};

const takeAll = async (steps: readonly Step[]): Promise<StepResult[]> => {
  const results: StepResult[] = [];
  for (const step of steps) results.push(await take(step));
  return results;
};

/** Everything that must hold. Goes on after a failure, so that one run tells all. */
export const test = async (checkout: string, line: CommandLine): Promise<void> => {
  ensureServers();
  const chaos = jestStep(checkout, 'chaos', { args: ['--runInBand'], env: smallChaos });
  report(await takeAll([...staticSteps(checkout), ...longSteps(checkout), ...(line.quick ? [] : [chaos])]));
};

/** The same without chaos; `--quick` stops before what needs servers. */
export const check = async (checkout: string, line: CommandLine): Promise<void> => {
  if (line.quick) {
    report(await takeAll(staticSteps(checkout)));
    return;
  }
  ensureServers();
  report(await takeAll([...staticSteps(checkout), ...longSteps(checkout)]));
};
