import { join } from 'node:path';
import { CannotStart, patiently } from '@orrery/process/light';
import type { Log } from '@orrery/telemetry';
import type { Moment } from '../domain/lease.ts';
import { treeName } from '../runtime/find-groups.ts';
import type { GpuAccess } from '../slices/gpu-access.ts';
import { DockerRuntime } from './docker-runtime.ts';
import { Engine } from './engine.ts';
import { Images } from './images.ts';
import { Networks } from './networks.ts';

export interface DockerSettings {
  readonly socket: string;
  /** Another runtime of the engine than its own, such as `runsc`. */
  readonly runtime: string | undefined;
  readonly diskMib: number | undefined;
  readonly hasEgress: boolean;
  /** Directory of archives that `docker save` wrote. */
  readonly images: string | undefined;
}

export interface Surroundings {
  readonly stateDirectory: string;
  readonly maxProcesses: number;
  readonly gpus: GpuAccess;
  readonly weights: string | undefined;
  readonly now: () => Moment & { readonly at: number };
  readonly log: Log;
  /** How long an engine that is starting is waited for. */
  readonly startMs: number;
  readonly signal: AbortSignal;
}

/** The engine of this machine, once it is clear that it shuts containers in as it must. */
export const findDocker = async (settings: DockerSettings, surroundings: Surroundings): Promise<DockerRuntime> => {
  const { stateDirectory, maxProcesses, log, startMs: ms, signal } = surroundings;
  const { runtime, diskMib, hasEgress } = settings;
  const engine = new Engine(settings.socket);
  const facts = await patiently(`the Docker engine at ${settings.socket} (ORRERY_AGENT_DOCKER)`, () => engine.facts(), { log, ms, signal });
  if (!facts.securityOptions.some((option) => option.includes('seccomp') && !option.includes('unconfined')))
    throw new CannotStart('The Docker engine filters no system calls (seccomp): it is not fit for programs of strangers.');
  if (runtime !== undefined && !facts.runtimes.includes(runtime))
    throw new CannotStart(`ORRERY_AGENT_DOCKER_RUNTIME: the Docker engine has no runtime ${runtime}, but ${facts.runtimes.join(', ')}.`);
  const owner = treeName(stateDirectory);
  const images = new Images(engine, join(stateDirectory, 'private-images'), log);
  if (settings.images !== undefined) images.load(settings.images);
  return await DockerRuntime.open({
    ...surroundings,
    engine,
    images,
    networks: new Networks(engine, owner, hasEgress),
    owner,
    policy: { maxProcesses, runtime, diskMib, hasInit: facts.hasInit, hasEgress },
  });
};
