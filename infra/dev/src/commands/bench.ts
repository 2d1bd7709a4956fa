import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { recordedDaemon } from '@orrery/servers';
import type { CommandLine } from '../command-line.ts';
import { ensurePeers } from '../finding/peers.ts';
import { ensureSandbox } from '../finding/sandbox.ts';
import { foreground } from '../foreground.ts';
import { launchAgent } from '../stack/agent.ts';
import { withBenchServers } from '../stack/bench-servers.ts';
import { pathsOf } from '../stack/paths.ts';
import { seedCatalog } from '../stack/seed.ts';
import { Stack } from '../stack/stack.ts';
import { Problem } from '../terminal.ts';

const ofPlatform = ['main-job', 'login-storm'];
const ofDataPlane = ['gateway'];

type Work = (env: NodeJS.ProcessEnv) => Promise<number>;

/** Some benchmarks need the whole platform; its data is thrown away. */
const withPlatform = async (checkout: string, work: (stack: Stack) => Promise<number>): Promise<number> => {
  const paths = pathsOf(checkout, 'bench');
  const stack = await Stack.open(paths);
  try {
    return await work(stack);
  } finally {
    await stack.close();
    for (const dir of [paths.own, paths.data]) rmSync(dir, { recursive: true, force: true });
  }
};

const withMachine = (checkout: string, work: Work): Promise<number> =>
  withPlatform(checkout, async (stack) => {
    await stack.launch('all');
    await seedCatalog(stack);
    await launchAgent(stack);
    return await work({ ORRERY_URL: stack.where.gatewayUrl });
  });

/** A gateway of its own is started by the benchmark, in the environment of the stack's; whoever calls there has credit enough. */
const withServices = (checkout: string, work: Work): Promise<number> =>
  withPlatform(checkout, async (stack) => {
    ensurePeers();
    await stack.launch('all', { env: { ORRERY_BILLING_SIGNUP_CREDIT: '1000000' } });
    const services = recordedDaemon(join(stack.paths.own, 'programs'), 'all')?.process.pid;
    return await work({ ...stack.environmentOf('gateway'), ORRERY_URL: stack.where.gatewayUrl, ORRERY_SERVICES_PID: String(services) });
  });

/** Runs the benchmarks against servers with throw-away data and the settings of the dev stack. */
export const bench = async (checkout: string, line: CommandLine): Promise<void> => {
  const main = join(checkout, 'bench/dist/main.js');
  if (!existsSync(main)) throw new Problem(`The benchmarks have no main module at ${main}`);
  ensureSandbox();
  const run = (words: readonly string[]) => (env: NodeJS.ProcessEnv) =>
    foreground(process.execPath, [main, ...words], { cwd: checkout, env: { ...process.env, ...env } });
  const all = line.words.length === 0;
  const others = all
    ? ['event-store', 'relay', 'bus', 'credentials', 'limits', 'queueing']
    : line.words.filter((word) => ![...ofPlatform, ...ofDataPlane].includes(word));
  const codes: number[] = [];
  if (others.length > 0) codes.push(await withBenchServers(checkout, run(others)));
  const platform = ofPlatform.filter((name) => all || line.words.includes(name));
  if (platform.length > 0) codes.push(await withMachine(checkout, run(platform)));
  const dataPlane = ofDataPlane.filter((name) => all || line.words.includes(name));
  if (dataPlane.length > 0) codes.push(await withServices(checkout, run(dataPlane)));
  process.exitCode = Math.max(...codes);
};
