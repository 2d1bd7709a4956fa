import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, type ProcessIdentity, removeScratch, signal, stateRoot, sweepScratch } from '@orrery/servers';
import type { CommandLine } from '../command-line.ts';
import { isComposedRunning, stopComposed } from '../finding/composed.ts';
import { endPrograms, programsOf } from '../stack/agent.ts';
import { endLeftovers, leftoversOf } from '../stack/leftovers.ts';
import { pathsOf, type StackPaths } from '../stack/paths.ts';
import { eraseRecord, ownerOf, runningStack } from '../stack/record.ts';
import { Problem, terminal, timed } from '../terminal.ts';

const stopWithinMs = 90_000;

/** What runs without anybody who watches over it, in words; empty when nothing does. */
const abandoned = (paths: StackPaths): string[] => {
  const programs = programsOf(paths).length;
  return [
    ...leftoversOf(paths).map(({ name, pid }) => `${name} (process ${pid})`),
    ...(programs > 0 ? [`${programs} processes of programs of customers`] : []),
    ...(isComposedRunning(paths) ? ['containers'] : []),
  ];
};

const endAbandoned = async (paths: StackPaths): Promise<void> => {
  await endLeftovers(paths);
  await endPrograms(paths);
  stopComposed(paths);
  eraseRecord(paths);
};

const untilGone = async (owner: ProcessIdentity): Promise<void> => {
  const giveUpAt = Date.now() + stopWithinMs;
  while (isAlive(owner)) {
    if (Date.now() > giveUpAt) throw new Problem(`Process ${owner.pid} does not stop`);
    await pause(50);
  }
};

/** Asks the process that watches over a stack to stop it, and waits; ends what a killed one left. */
export const stop = async (checkout: string, line: CommandLine): Promise<void> => {
  const paths = pathsOf(checkout, line.name);
  const owner = ownerOf(paths);
  if (owner !== undefined) {
    await timed('stopped', async () => {
      signal(owner, 'SIGTERM');
      await untilGone(owner);
    });
  }
  const left = abandoned(paths);
  if (left.length > 0) await timed(`ended what a killed run had left: ${left.join(', ')}`, () => endAbandoned(paths));
  else if (owner === undefined) terminal.line('Orrery does not run here');
};

/** As an init script answers: 0 it runs, 1 it was killed and something of it still runs, 3 it is stopped. */
const codes = { running: 0, abandoned: 1, stopped: 3 } as const;

export const status = (checkout: string, line: CommandLine): void => {
  const paths = pathsOf(checkout, line.name);
  const running = runningStack(paths);
  const owner = ownerOf(paths);
  const left = owner === undefined ? abandoned(paths) : [];
  if (running !== undefined) {
    const { gatewayUrl, natsUrl, redisUrl } = running;
    console.log(JSON.stringify({ pid: running.owner.pid, gatewayUrl, natsUrl, redisUrl }, null, 2));
  } else if (owner !== undefined) {
    console.log(`starting (process ${owner.pid})`);
  } else if (left.length > 0) {
    console.log(`killed: nobody watches over what still runs of it: ${left.join(', ')}. npm run stop ends it, npm run up takes its place`);
    process.exitCode = codes.abandoned;
  } else {
    console.log('stopped');
    process.exitCode = codes.stopped;
  }
};

/** Stops the stack and forgets all its data, its secrets too. */
export const clean = async (checkout: string, line: CommandLine): Promise<void> => {
  await stop(checkout, line);
  const paths = pathsOf(checkout, line.name);
  stopComposed(paths, true);
  await removeScratch(paths.data);
  rmSync(paths.own, { recursive: true, force: true });
  await sweepScratch(stateRoot(checkout));
  terminal.line(`Forgot all data of ${line.name}`);
};
