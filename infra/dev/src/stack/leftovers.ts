import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { endRecorded, isAlive, recordedDaemon } from '@orrery/servers';
import type { StackPaths } from './paths.ts';

/** Programs before servers, and PostgreSQL last: the order of an orderly stop. */
const serverOrder = ['redis', 'nats', 'postgres'] as const;

const suffix = '.pid.json';

const programsIn = (dir: string): string[] =>
  existsSync(dir)
    ? readdirSync(dir)
        .filter((file) => file.endsWith(suffix))
        .map((file) => file.slice(0, -suffix.length))
    : [];

interface Place {
  readonly dir: string;
  readonly name: string;
}

const programsOf = (paths: StackPaths): Place[] => {
  const dir = join(paths.own, 'programs');
  return programsIn(dir).map((name) => ({ dir, name }));
};

const serversOf = (paths: StackPaths): Place[] => serverOrder.map((name) => ({ dir: join(paths.data, name), name }));

export interface Leftover {
  readonly name: string;
  readonly pid: number;
}

const aliveAt = ({ dir, name }: Place): Leftover[] => {
  const recorded = recordedDaemon(dir, name);
  return recorded !== undefined && isAlive(recorded.process) ? [{ name, pid: recorded.process.pid }] : [];
};

/** Programs and servers of this stack that run: left over, where nobody watches over them. */
export const leftoversOf = (paths: StackPaths): readonly Leftover[] => [...programsOf(paths), ...serversOf(paths)].flatMap(aliveAt);

/** Ends in order what a killed run of this stack left running, and answers what that was. Data stays. */
export const endLeftovers = async (paths: StackPaths): Promise<readonly Leftover[]> => {
  const ended = leftoversOf(paths);
  await Promise.all(programsOf(paths).map(({ dir, name }) => endRecorded(dir, name, 'SIGTERM')));
  for (const { dir, name } of serversOf(paths)) await endRecorded(dir, name, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  return ended;
};

/** The same at once, for a person who will not wait: the log survives a kill. */
export const killLeftovers = async (paths: StackPaths): Promise<void> => {
  await Promise.all([...programsOf(paths), ...serversOf(paths)].map(({ dir, name }) => endRecorded(dir, name, 'SIGKILL')));
};
