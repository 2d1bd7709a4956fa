import { basename } from 'node:path';
import type Docker from 'dockerode';
import type { AttemptSpec } from '../domain/attempt.ts';
import { type Env, Unrunnable } from '../runtime/runtime.ts';

/** What this machine is set to do with containers. */
export interface Policy {
  /** Processes and threads of one container. */
  readonly maxProcesses: number;
  /** Of the engine's: `runsc` shuts the kernel itself away. Undefined: its usual one. */
  readonly runtime: string | undefined;
  /** The engine brings a small first process, which hands on signals and buries the dead. */
  readonly hasInit: boolean;
  /** Bound of what a container may write beside its scratch, where the storage driver can hold it to that. Undefined: nothing. */
  readonly diskMib: number | undefined;
  /** It reaches what the machine reaches. */
  readonly hasEgress: boolean;
}

/** What a container is given beside its spec. */
export interface Outfit {
  readonly labels: Readonly<Record<string, string>>;
  /** The id of what its image's name was found to mean: that may come to mean another one, which is not for everybody. */
  readonly imageId: string;
  readonly network: string;
  /** As the NVIDIA runtime calls them: indexes, or the UUID of a slice. */
  readonly gpus: readonly string[];
  /** Paths that it may read, each below /weights by its last name. */
  readonly weights: readonly string[];
  /** Where its image wants volumes. */
  readonly volumes: readonly string[];
}

const mib = 1024 * 1024;
const openFiles = 4_096;
/** What a line of output costs in the engine's log beyond itself is more than the line, where lines are short. */
const logFactor = 4;
const logSlackMib = 64;
const usualScratch = ['/tmp', '/var/tmp', '/run'];

const devicesOf = (gpus: readonly string[]) =>
  gpus.length === 0 ? {} : { DeviceRequests: [{ Driver: 'nvidia', DeviceIDs: [...gpus], Capabilities: [['gpu']] }] };

/** Places in its own memory, so that nothing that is written outlives it or fills a disk. */
const scratchOf = (bytes: number): Record<string, string> =>
  Object.fromEntries(usualScratch.map((path) => [path, `rw,exec,nosuid,nodev,size=${bytes},mode=1777`]));

/** The same in place of the volumes that an image wants: the engine would make them on the disk of the machine, without a bound. */
const insteadOfVolumes = (volumes: readonly string[], bytes: number): Docker.MountSettings[] =>
  volumes
    .filter((path) => !usualScratch.includes(path))
    .map((Target) => ({ Type: 'tmpfs', Source: '', Target, TmpfsOptions: { SizeBytes: bytes, Mode: 0o1777 } }));

const hostConfigOf = ({ resources, maxOutputBytes }: AttemptSpec, policy: Policy, outfit: Outfit): Docker.HostConfig => {
  const memoryBytes = resources.memoryMib * mib;
  const scratchBytes = Math.floor(memoryBytes / 2);
  const { runtime, hasInit, diskMib, maxProcesses, hasEgress } = policy;
  return {
    Memory: memoryBytes,
    // The same: no swap.
    MemorySwap: memoryBytes,
    NanoCpus: resources.cpuMilli * 1_000_000,
    PidsLimit: maxProcesses,
    CapDrop: ['ALL'],
    // The engine adds its own list of denied system calls, as long as none is named here.
    SecurityOpt: ['no-new-privileges:true'],
    Privileged: false,
    IpcMode: 'private',
    NetworkMode: outfit.network,
    PublishAllPorts: false,
    // Engines before 25.0.4 ask the machine's own name server for whatever a container without a way out asks for (CVE-2024-29018). This is the container's own loopback.
    ...(hasEgress ? {} : { Dns: ['127.0.0.1'] }),
    RestartPolicy: { Name: 'no' },
    AutoRemove: false,
    Init: hasInit,
    ShmSize: scratchBytes,
    Ulimits: [
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'nofile', Soft: openFiles, Hard: openFiles },
    ],
    ReadonlyRootfs: diskMib === undefined,
    ...(diskMib === undefined ? {} : { StorageOpt: { size: `${diskMib}M` } }),
    Tmpfs: scratchOf(scratchBytes),
    Mounts: insteadOfVolumes(outfit.volumes, scratchBytes),
    Binds: outfit.weights.map((path) => `${path}:/weights/${basename(path)}:ro`),
    // Bytes as they are: the engine's usual log mends what is no UTF-8, and breaks letters that lie across 16 KiB.
    LogConfig: {
      Type: 'local',
      Config: { 'max-size': `${Math.ceil((maxOutputBytes * logFactor) / mib) + logSlackMib}m`, 'max-file': '2', compress: 'false' },
    },
    ...(runtime === undefined ? {} : { Runtime: runtime }),
    ...devicesOf(outfit.gpus),
  };
};

/**
 * What it finds in its environment. Where the engine's usual runtime is NVIDIA's, this variable alone shows it GPUs: its image, or whoever
 * submitted it, could ask for all of them.
 */
export const environmentOf = ({ HostConfig }: Docker.ContainerCreateOptions, env: Env): string[] => {
  const gpus = (HostConfig?.DeviceRequests ?? []).flatMap(({ DeviceIDs }) => DeviceIDs ?? []);
  const NVIDIA_VISIBLE_DEVICES = gpus.length === 0 ? 'void' : gpus.join(',');
  return Object.entries({ ...env, NVIDIA_VISIBLE_DEVICES }).map(([name, value]) => `${name}=${value}`);
};

/** What the engine is told to make of an attempt: all but its environment, which is added when it starts. */
export const containerOptions = (spec: AttemptSpec, policy: Policy, outfit: Outfit): Docker.ContainerCreateOptions => {
  const { image } = spec;
  if (image === undefined) throw new Unrunnable('This runtime runs images, and the attempt names none.');
  return {
    Image: outfit.imageId,
    ...(image.command === undefined ? {} : { Cmd: image.command }),
    Labels: { ...outfit.labels },
    // Nobody asks how it feels, and each question would be a process of it.
    Healthcheck: { Test: ['NONE'] },
    AttachStdin: false,
    OpenStdin: false,
    Tty: false,
    HostConfig: hostConfigOf(spec, policy, outfit),
    // What others of its organization call it by.
    NetworkingConfig: { EndpointsConfig: { [outfit.network]: { Aliases: [spec.runId] } } },
  };
};
