import { accessSync, constants, mkdirSync } from 'node:fs';
import type { execution } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { CannotStart, Closing, patiently, program, type Running, type Surroundings } from '@orrery/process/light';
import type { Log } from '@orrery/telemetry';
import { AgentConfig } from './agent.config.ts';
import { factsOf, withFaults } from './discovery/facts.ts';
import { gpuFaults } from './discovery/gpu-faults.ts';
import type { Gpu } from './discovery/gpus.ts';
import { openKernelLog } from './discovery/kernel-log.ts';
import { type NvidiaSmi, nvidiaSmi } from './discovery/nvidia-smi.ts';
import { watchWeights } from './discovery/weights.ts';
import { CannotJoin, joinPlatform, type Membership, mayRejoin, readMembership } from './link/membership.ts';
import { findGroups } from './runtime/find-groups.ts';
import { findRuntime } from './runtime/find-sandbox.ts';
import { now as moment } from './runtime/proc.ts';
import type { Runtime } from './runtime/runtime.ts';
import { Runtimes } from './runtime/runtimes.ts';
import { discoverGpus } from './slices/discover-gpus.ts';
import type { GpuAccess } from './slices/gpu-access.ts';
import { lockState } from './state-lock.ts';
import { startWork } from './work.ts';

interface Machine {
  readonly runtimes: Runtimes;
  readonly smi: NvidiaSmi;
  readonly facts: execution.WorkerFacts;
  /** The same with the faults of its GPUs as they are now. */
  readonly factsNow: () => execution.WorkerFacts;
}

/** Tells of GPUs that break while it runs, where the machine lets us read the log of its kernel. */
const watchFaults = (
  gpus: readonly Gpu[],
  facts: execution.WorkerFacts,
  { log, closing }: { readonly log: Log; readonly closing: Closing },
): Machine['factsNow'] => {
  const kernel = gpus.length > 0 ? openKernelLog() : undefined;
  if (!kernel) {
    if (gpus.length > 0) log.warn('cannot read /dev/kmsg: faults of GPUs will not be noticed');
    return () => facts;
  }
  closing.add('log of the kernel', () => kernel.close());
  const look = gpuFaults(gpus, { read: kernel.read, now: () => new Date().toISOString() });
  return () => withFaults(facts, look());
};

/** The runtime of containers, where an operator names an engine. */
const findContainers = async (
  { config, log, startMs, signal }: Surroundings<AgentConfig>,
  gpus: GpuAccess,
  closing: Closing,
): Promise<Runtime[]> => {
  const { docker: socket, dockerRuntime: runtime, dockerDiskMib: diskMib, dockerEgress: hasEgress, dockerImages: images } = config;
  if (socket === undefined) return [];
  const { state: stateDirectory, maxProcesses, weights } = config;
  // Only where it is used: its client brings much that takes a moment to load.
  const { findDocker } = await import('./docker/find-docker.ts');
  const now = () => ({ ...moment(), at: systemClock.now() });
  const around = { stateDirectory, maxProcesses, gpus, weights, now, log, startMs, signal };
  const found = await findDocker({ socket, runtime, diskMib, hasEgress, images }, around);
  closing.add('containers', () => found.close());
  return [found];
};

/** Finds out what the machine has and how it can shut programs in. */
const discover = async (surroundings: Surroundings<AgentConfig>, closing: Closing): Promise<Machine> => {
  const { config, log } = surroundings;
  const smi = nvidiaSmi(config.nvidiaSmi);
  const { gpus, access } = await discoverGpus(smi, config.state, log);
  const groups = findGroups(config.state);
  closing.add('control groups', () => groups?.close());
  const { runtime, warning } = await findRuntime(
    { stateDirectory: config.state, groups, maxProcesses: config.maxProcesses, gpus: access, weights: config.weights },
    config.unsandboxed,
  );
  if (warning !== undefined) log.warn({ reason: warning }, 'programs run without a sandbox, with every right of this agent');
  const look = config.weights === undefined ? undefined : watchWeights(config.weights, systemClock.now);
  const withWeights = (known: execution.WorkerFacts): execution.WorkerFacts => (look ? { ...known, weights: [...look()] } : known);
  const found = factsOf(gpus, warning === undefined, config);
  const facts = withWeights(found);
  const { cpuMilli, memoryMib } = facts;
  log.info(
    { cpuMilli, memoryMib, gpus: gpus.map(({ model }) => model), bounded: groups?.controllers ?? [] },
    'found what this machine has',
  );
  const factsNow = watchFaults(gpus, found, { log, closing });
  const containers = await findContainers(surroundings, access, closing);
  const runtimes = new Runtimes([runtime, ...containers]);
  return { runtimes, smi, facts, factsNow: () => withWeights(factsNow()) };
};

const join = async (token: string, { facts }: Machine, surroundings: Surroundings<AgentConfig>): Promise<Membership> => {
  const { config, log, startMs, signal } = surroundings;
  const { url, state: stateDirectory } = config;
  const enter = (): Promise<Membership> => joinPlatform({ stateDirectory, url, token, facts });
  const isFinal = (error: unknown): boolean => error instanceof CannotJoin;
  const membership = await patiently(`the gateway at ${url} (ORRERY_URL)`, enter, { log, ms: startMs, signal, isFinal });
  log.info({ workerId: membership.workerId, worker: membership.name }, 'joined');
  return membership;
};

/** Who this machine is: as it was told when it joined, or by joining now; again, where an operator made a token for it. */
const identify = async (machine: Machine, surroundings: Surroundings<AgentConfig>): Promise<Membership> => {
  const { state, joinToken: token } = surroundings.config;
  const known = readMembership(state);
  if (known === undefined) {
    if (token !== undefined) return await join(token, machine, surroundings);
    throw new CannotJoin('This machine has not joined yet: set ORRERY_JOIN_TOKEN to a join token of the platform.');
  }
  if (!mayRejoin(known, token)) return known;
  try {
    return await join(token, machine, surroundings);
  } catch (err) {
    // It may be one of long ago, and what this machine has may still do.
    surroundings.log.warn({ err, workerId: known.workerId }, 'could not join again: going on with the credentials that are there');
    return known;
  }
};

const makeState = (directory: string): void => {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CannotStart(`ORRERY_AGENT_STATE must be a directory that this agent may write: ${why}.`, { cause });
  }
};

const start = async (surroundings: Surroundings<AgentConfig>): Promise<Running> => {
  const { config, log } = surroundings;
  const closing = new Closing(log);
  try {
    makeState(config.state);
    closing.add('state directory', lockState(config.state));
    const machine = await discover(surroundings, closing);
    const membership = await identify(machine, surroundings);
    await startWork({ ...machine, membership, closing, surroundings });
  } catch (error) {
    await closing.run();
    throw error;
  }
  return {
    stop: () => closing.finish('the agent'),
  };
};

/** The program on a machine that runs what the platform places there. */
export const agent = program({ name: 'agent', config: AgentConfig, start });
