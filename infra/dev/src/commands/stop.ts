import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, removeScratch, signal, stateRoot, sweepScratch } from '@orrery/servers';
import type { CommandLine } from '../command-line.ts';
import { stopComposed } from '../finding/composed.ts';
import { endPrograms } from '../stack/agent.ts';
import { endLeftovers } from '../stack/leftovers.ts';
import { pathsOf } from '../stack/paths.ts';
import { runningStack } from '../stack/record.ts';
import { Problem, terminal, timed } from '../terminal.ts';

const stopWithinMs = 90_000;

/** Asks the process that watches over a stack to stop it, and waits; ends what a killed one left. */
export const stop = async (checkout: string, line: CommandLine): Promise<void> => {
  const paths = pathsOf(checkout, line.name);
  const running = runningStack(paths);
  if (running === undefined) {
    await endLeftovers(paths);
    await endPrograms(paths);
    stopComposed(paths);
    terminal.line('Orrery does not run here');
    return;
  }
  await timed('stopped', async () => {
    signal(running.owner, 'SIGTERM');
    const giveUpAt = Date.now() + stopWithinMs;
    while (isAlive(running.owner)) {
      if (Date.now() > giveUpAt) throw new Problem(`Process ${running.owner.pid} does not stop`);
      await pause(50);
    }
  });
};

export const status = (checkout: string, line: CommandLine): void => {
  const running = runningStack(pathsOf(checkout, line.name));
  if (running === undefined) {
    console.log('stopped');
    process.exitCode = 3;
    return;
  }
  const { owner, gatewayUrl, natsUrl, redisUrl } = running;
  console.log(JSON.stringify({ pid: owner.pid, gatewayUrl, natsUrl, redisUrl }, null, 2));
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
