import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Server, serverOf, startDaemon } from '@orrery/servers';
import { Problem } from '../terminal.ts';
import type { StackPaths } from './paths.ts';
import { lastWordsOf } from './plain-words.ts';

/** Where the main module of each program of the platform is built to. */
const folders: Readonly<Record<string, string>> = {
  all: 'infra/all',
  gateway: 'gateway',
  identity: 'services/identity',
  catalog: 'services/catalog',
  inference: 'services/inference',
  execution: 'services/execution',
  billing: 'services/billing',
  observability: 'services/observability',
  agent: 'services/agent',
  engine: 'services/engine',
};

export const programNames: readonly string[] = Object.keys(folders);

const beside = new Set(['all', 'agent', 'engine']);

/** The services and the gateway: each a process of its own when they do not share one. */
export const separatePrograms: readonly string[] = programNames.filter((name) => !beside.has(name));

export const folderOf = (program: string): string => {
  const folder = folders[program];
  if (folder === undefined) throw new Problem(`There is no program ${JSON.stringify(program)}. There are: ${programNames.join(', ')}`);
  return folder;
};

/** A gateway has thousands of small things under way: where young ones find no room, collecting them costs a quarter of its CPU. */
const roomOf = (program: string): readonly string[] => (program === 'gateway' ? ['--max-semi-space-size=64'] : []);

/** What Node is started with: telemetry first, for it must be there before what it instruments. */
export const nodeArgumentsOf = (checkout: string, program: string): string[] => {
  const main = join(checkout, folderOf(program), 'dist/main.js');
  if (!existsSync(main)) throw new Problem(`${program} has no main module at ${main}`);
  return ['--enable-source-maps', ...roomOf(program), '--import', join(checkout, 'libs/telemetry/dist/start.js'), main];
};

export interface ProgramOptions {
  readonly paths: StackPaths;
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly output?: 'log' | 'terminal';
  readonly arguments?: readonly string[];
}

const readyWithinMs = 60_000;
const stopWithinMs = 30_000;

const isReady = async (url: string): Promise<boolean> => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
};

/** Starts a program of the platform as a process of its own, and waits until it says that it is ready. */
export const startProgram = async ({ paths, program, env, output, ...rest }: ProgramOptions): Promise<Server> => {
  const dir = join(paths.own, 'programs');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = () =>
    startDaemon({
      name: program,
      command: process.execPath,
      args: [...nodeArgumentsOf(paths.checkout, program), ...(rest.arguments ?? [])],
      dir,
      cwd: paths.checkout,
      env: { ...env, ORRERY_HEALTH_HOST: '127.0.0.1', ORRERY_HEALTH_PORT: String(port) },
      ...(output === undefined ? {} : { output }),
      isReady: () => isReady(`${url}/ready`),
      readyWithinMs,
      stopWithinMs,
    });
  try {
    return await serverOf({ url, port, dir }, start);
  } catch (error) {
    const log = join(dir, `${program}.log`);
    const [what = ''] = (error instanceof Error ? error.message : String(error)).split('. The end of ');
    throw new Problem(`${what}:\n${lastWordsOf(log)}\nThe log of ${program}: ${log}`);
  }
};
