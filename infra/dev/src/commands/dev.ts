import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { CommandLine } from '../command-line.ts';
import { ensureSandbox } from '../finding/sandbox.ts';
import { launchAgent } from '../stack/agent.ts';
import { launchEngine, routeToEngine } from '../stack/engine.ts';
import { pathsOf } from '../stack/paths.ts';
import { folderOf, separatePrograms } from '../stack/programs.ts';
import { seedCatalog } from '../stack/seed.ts';
import type { Stack } from '../stack/stack.ts';
import { withStack } from '../stack/with-stack.ts';
import { terminal, timed } from '../terminal.ts';
import { affectedBy } from '../watching/affected.ts';
import { referencesOf } from '../watching/references.ts';
import { watchSources } from '../watching/watch-sources.ts';
import { describeStack } from './up.ts';

const logging = { ORRERY_LOG_FORMAT: process.env.ORRERY_LOG_FORMAT ?? 'pretty' };

/** Compiles some packages and what they are built on. Answers what the compiler had to say; nothing means well. */
const compile = (checkout: string, folders: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const compiler = join(checkout, 'node_modules/typescript-native/bin/tsc');
    const child = spawn(process.execPath, [compiler, '-b', ...folders], { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    const listen = (chunk: Buffer): void => void said.push(chunk);
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) => resolve(code === 0 ? '' : `${Buffer.concat(said).toString('utf8')}(compiler ended with ${code})`));
  });

/** Compiles what a change touched, and restarts the processes that are built on it and no others. */
const reload = async (stack: Stack, changed: ReadonlySet<string>): Promise<void> => {
  const { checkout } = stack.paths;
  const programs = [...separatePrograms, 'agent', 'engine'];
  const references = referencesOf(checkout);
  const affected = programs.filter((program) => affectedBy(changed, [folderOf(program)], references).length > 0);
  if (affected.length === 0) return;
  const problem = await compile(checkout, affected.map(folderOf));
  if (problem !== '') {
    terminal.failed(`${[...changed].join(', ')} does not compile; everything goes on as it was\n${problem}`);
    return;
  }
  await timed(`${[...changed].join(', ')} changed: restarted ${affected.join(', ')}`, async () => {
    const results = await Promise.allSettled(affected.map((program) => stack.relaunch(program)));
    for (const result of results) if (result.status === 'rejected') terminal.failed(String(result.reason));
  });
};

/** Every service as a process of its own, restarted when its sources change. */
export const dev = async (checkout: string, line: CommandLine): Promise<void> => {
  ensureSandbox();
  await withStack(pathsOf(checkout, line.name), async (stack, told) => {
    const services = separatePrograms.map((program) => stack.launch(program, { env: logging, output: 'terminal' }));
    const [engine] = await Promise.all([launchEngine(stack, logging), ...services]);
    await seedCatalog(stack);
    if (engine !== undefined) await routeToEngine(stack, engine);
    await launchAgent(stack, logging);
    describeStack(stack);
    const watching = watchSources(checkout, (changed) => reload(stack, changed));
    terminal.line('  stop           Ctrl-C; a change of a source restarts what is built on it');
    await told;
    watching.close();
  });
};
