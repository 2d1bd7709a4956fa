import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { execution } from '@orrery/contracts';
import Docker from 'dockerode';
import { statusOf } from './failure.ts';

/** What a container has come to, in the engine's own words. */
export interface ContainerState {
  readonly isRunning: boolean;
  /** Undefined where it was made and never began. */
  readonly startedAt: number | undefined;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  readonly error: string;
}

export interface EngineFacts {
  readonly version: string;
  readonly securityOptions: readonly string[];
  readonly runtimes: readonly string[];
  readonly hasInit: boolean;
}

export interface EngineImage {
  readonly id: string;
  /** Paths where it wants volumes. */
  readonly volumes: readonly string[];
}

export interface EngineUsage {
  readonly memoryBytes: number;
  readonly cpuMs: number;
}

/** One line of what the engine tells of a pull. */
export interface PullStep {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

const callMs = 30_000;
/** The socket that was named, whatever `DOCKER_HOST` and its like say in the environment of the agent. */
const at = (socketPath: string): Docker.DockerOptions => ({ socketPath, host: '', protocol: 'http' });
/** Where a container never began or never ended, the engine writes a moment of the year 1. */
const momentOf = (text: string): number | undefined => {
  const at = Date.parse(text);
  return at > 0 ? at : undefined;
};

const unless404 = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
};

/** The engine of this machine, as far as this agent uses it. Each call has a time-out, and each stream a signal that ends it. */
export class Engine {
  readonly #calls: Docker;
  readonly #streams: Docker;

  constructor(socketPath: string) {
    this.#calls = new Docker({ ...at(socketPath), timeout: callMs });
    this.#streams = new Docker({ ...at(socketPath), timeout: 0 });
  }

  async facts(): Promise<EngineFacts> {
    const info = await this.#calls.info();
    return {
      version: info.ServerVersion,
      securityOptions: info.SecurityOptions ?? [],
      runtimes: Object.keys(info.Runtimes ?? {}),
      hasInit: Boolean(info.InitBinary),
    };
  }

  /** Names of every container with this label, ended ones too. */
  async named(label: string): Promise<string[]> {
    const found = await this.#calls.listContainers({ all: true, filters: { label: [label] } });
    return found.flatMap(({ Names: [name] }) => (name === undefined ? [] : [name.slice(1)]));
  }

  async state(name: string): Promise<ContainerState | undefined> {
    const found = await unless404(this.#calls.getContainer(name).inspect());
    if (found === undefined) return undefined;
    const { Running, StartedAt, FinishedAt, ExitCode, OOMKilled, Error: error } = found.State;
    return {
      isRunning: Running,
      startedAt: momentOf(StartedAt),
      finishedAt: momentOf(FinishedAt) ?? 0,
      exitCode: ExitCode,
      isOomKilled: OOMKilled,
      error,
    };
  }

  async create(name: string, options: Docker.ContainerCreateOptions): Promise<void> {
    // The client also writes what it is given into the address, which engines log: only the name may stand there.
    const told = { ...options, _query: { name }, _body: options };
    await this.#calls.createContainer(told);
  }

  async start(name: string): Promise<void> {
    await this.#calls.getContainer(name).start();
  }

  /** False where nothing of it runs. */
  async kill(name: string, signal: string): Promise<boolean> {
    try {
      await this.#calls.getContainer(name).kill({ signal });
      return true;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 || status === 409) return false;
      throw error;
    }
  }

  /** Resolves when it does not run any more. */
  async ended(name: string, signal: AbortSignal): Promise<void> {
    await unless404(this.#streams.getContainer(name).wait({ condition: 'not-running', abortSignal: signal }));
  }

  /** With its volumes; answers once it is gone, or was before. */
  async remove(name: string): Promise<void> {
    try {
      await unless404(this.#calls.getContainer(name).remove({ force: true, v: true }));
    } catch (error) {
      // Somebody else is at it: whoever wants to know asks for its state.
      if (statusOf(error) !== 409) throw error;
    }
  }

  /** All that it has written, from the beginning on, and what it writes until it ends; in the frames of the engine. */
  async log(name: string, signal: AbortSignal): Promise<Readable> {
    const options = { follow: true, stdout: true, stderr: true, abortSignal: signal } as const;
    // It is an IncomingMessage, of which the types tell less.
    return (await this.#streams.getContainer(name).logs(options)) as Readable;
  }

  async usage(name: string): Promise<EngineUsage | undefined> {
    const stats = await unless404(this.#calls.getContainer(name).stats({ stream: false, 'one-shot': true }));
    const used = stats?.memory_stats?.usage;
    if (stats === undefined || used === undefined) return undefined;
    const { total_inactive_file: idle1, inactive_file: idle2 } = stats.memory_stats.stats ?? {};
    return { memoryBytes: Math.max(0, used - (idle1 ?? idle2 ?? 0)), cpuMs: stats.cpu_stats.cpu_usage.total_usage / 1e6 };
  }

  /** Undefined where it is not on this machine. */
  async image(reference: string): Promise<EngineImage | undefined> {
    const image = await unless404(this.#calls.getImage(reference).inspect());
    return image === undefined ? undefined : { id: image.Id, volumes: Object.keys(image.Config.Volumes ?? {}) };
  }

  /** Resolves when the image is here. */
  async pull(
    reference: string,
    login: execution.RegistryLogin | undefined,
    { signal, onStep }: { readonly signal: AbortSignal; readonly onStep: (step: PullStep) => void },
  ): Promise<void> {
    const stream = await this.#streams.pull(reference, { abortSignal: signal, ...(login ? { authconfig: { ...login, auth: '' } } : {}) });
    await new Promise<void>((resolve, reject) => {
      const done = (error: Error | null): void => (error ? reject(error) : resolve());
      this.#streams.modem.followProgress(stream, done, onStep);
    });
  }

  /** Of an archive that `docker save` wrote. */
  async load(path: string, signal: AbortSignal): Promise<void> {
    const stream = await this.#streams.loadImage(createReadStream(path), { quiet: true, abortSignal: signal });
    await new Promise<void>((resolve, reject) => {
      this.#streams.modem.followProgress(stream, (error: Error | null) => (error ? reject(error) : resolve()));
    });
  }

  async networks(label: string): Promise<string[]> {
    const found = await this.#calls.listNetworks({ filters: { label: [label] } });
    return found.map(({ Name }) => Name);
  }

  async createNetwork(options: Docker.NetworkCreateOptions): Promise<void> {
    try {
      await this.#calls.createNetwork({ ...options, CheckDuplicate: true });
    } catch (error) {
      // Somebody made it meanwhile.
      if (statusOf(error) !== 409) throw error;
    }
  }

  /** False where something is still in it. */
  async removeNetwork(name: string): Promise<boolean> {
    try {
      await unless404(this.#calls.getNetwork(name).remove());
      return true;
    } catch (error) {
      if (statusOf(error) === 403) return false;
      throw error;
    }
  }
}
