import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { endRecorded, isAlive, recordedDaemon } from '@orrery/servers';
import { terminal } from '../terminal.ts';
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

const end = async (dir: string, name: string, signal: NodeJS.Signals): Promise<boolean> => {
  const recorded = recordedDaemon(dir, name);
  const wasAlive = recorded !== undefined && isAlive(recorded.process);
  await endRecorded(dir, name, signal);
  return wasAlive;
};

/** Ends in order what a killed run of this stack left running. Data stays. */
export const endLeftovers = async (paths: StackPaths): Promise<void> => {
  const programs = join(paths.own, 'programs');
  const ended: string[] = [];
  const note = (name: string, wasAlive: boolean): void => void (wasAlive && ended.push(name));
  await Promise.all(programsIn(programs).map(async (name) => note(name, await end(programs, name, 'SIGTERM'))));
  for (const name of serverOrder) note(name, await end(join(paths.data, name), name, name === 'postgres' ? 'SIGINT' : 'SIGTERM'));
  if (ended.length > 0) terminal.note(`a former run was killed and left ${ended.join(', ')} running; ended`);
};
