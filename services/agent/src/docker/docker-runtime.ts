import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '@orrery/telemetry';
import { pathsOf } from '../discovery/weights.ts';
import type { AttemptSpec } from '../domain/attempt.ts';
import type { Moment } from '../domain/lease.ts';
import { outputFiles } from '../runtime/output-files.ts';
import { keysIn } from '../runtime/run-directory.ts';
import {
  type Change,
  type Env,
  type Inspection,
  type OutputSource,
  type Place,
  type Runtime,
  type Signal,
  Unrunnable,
  type Usage,
} from '../runtime/runtime.ts';
import { watchAttempt } from '../runtime/watch-directory.ts';
import type { GpuAccess } from '../slices/gpu-access.ts';
import { ContainerDirectory } from './container-directory.ts';
import { containerOptions, environmentOf, type Policy } from './container-options.ts';
import type { Engine } from './engine.ts';
import { reasonOf, statusOf } from './failure.ts';
import { Follower } from './follower.ts';
import type { Images } from './images.ts';
import type { Networks } from './networks.ts';

export interface DockerRuntimeOptions {
  readonly engine: Engine;
  readonly images: Images;
  readonly networks: Networks;
  readonly stateDirectory: string;
  /** What tells the containers of this agent from all others of the engine. */
  readonly owner: string;
  readonly policy: Policy;
  readonly gpus: GpuAccess;
  readonly weights: string | undefined;
  readonly now: () => Moment & { readonly at: number };
  readonly log: Log;
}

const removalMs = 30_000;
const pollMs = 20;
const never = new AbortController().signal;

/** Programs as containers of the machine's engine, which hold them and outlive the agent. */
export class DockerRuntime implements Runtime {
  readonly name = 'docker';
  readonly boundsMemory = true;
  readonly #options: DockerRuntimeOptions;
  readonly #containers: string;
  readonly #owned: Set<string>;
  readonly #followers = new Map<string, Follower>();
  readonly #usages = new Map<string, Usage>();

  private constructor(options: DockerRuntimeOptions, owned: readonly string[]) {
    this.#options = options;
    this.#containers = join(options.stateDirectory, 'containers');
    mkdirSync(this.#containers, { recursive: true, mode: 0o700 });
    this.#owned = new Set([...owned, ...keysIn(this.#containers)]);
  }

  /** Takes up what an earlier agent of this machine has left. */
  static async open(options: DockerRuntimeOptions): Promise<DockerRuntime> {
    const { engine, networks, owner } = options;
    const names = await engine.named(`orrery.agent=${owner}`);
    await networks.sweep();
    const runtime = new DockerRuntime(
      options,
      // A label may come with an image; its name nobody but an agent gives a container.
      names.filter((name) => name.startsWith(`${owner}-`)).map((name) => name.slice(owner.length + 1)),
    );
    await runtime.#takeUp();
    return runtime;
  }

  /** Leaves everything to the next agent. */
  close(): void {
    for (const follower of this.#followers.values()) follower.stop();
  }

  async prepare(key: string, spec: AttemptSpec, { registry, signal = never }: Place): Promise<void> {
    const directory = this.#directory(key);
    if (directory.begun() !== undefined) return;
    const { images, networks, policy, gpus, weights, owner } = this.#options;
    this.#owned.add(key);
    // Before anything is made for it, so that the next agent finds it, and nobody watches what is not there.
    await directory.prepare({});
    if (spec.image === undefined) throw new Unrunnable('This runtime runs images, and the attempt names none.');
    const { id, volumes } = await images.get({ reference: spec.image.reference, login: registry, signal });
    await gpus.open(key, spec);
    const slice = gpus.told(key)['NVIDIA_VISIBLE_DEVICES'];
    const options = containerOptions(spec, policy, {
      labels: {
        'orrery.agent': owner,
        'orrery.attempt': key,
        'orrery.epoch': String(spec.epoch),
        'orrery.org': spec.orgId,
        'orrery.image': spec.image.reference,
      },
      imageId: id,
      network: await networks.of(spec.orgId),
      gpus: slice === undefined ? spec.gpuIndexes.map(String) : [slice],
      weights: pathsOf(weights, spec.weights),
      volumes,
    });
    directory.layOut({ options, maxOutputBytes: spec.maxOutputBytes });
  }

  async start(key: string, env: Env): Promise<void> {
    const { engine, gpus, log } = this.#options;
    const plan = this.#directory(key).plan();
    if (plan === undefined) throw new Error(`nothing was laid out for attempt ${key}`);
    const name = this.#name(key);
    // One that was made and never began has an environment of nobody knows when; one that began makes the name taken.
    const before = await engine.state(name);
    if (before !== undefined && before.startedAt === undefined) await this.#delete(key);
    try {
      await engine.create(name, { ...plan.options, Env: environmentOf(plan.options, { ...env, ...gpus.told(key) }) });
      await engine.start(name);
    } catch (error) {
      // An engine that was too slow to answer may begin it all the same, and nobody would watch it.
      if (statusOf(error) === undefined)
        await this.#delete(key).catch((err: unknown) => log.warn({ err, attempt: key }, 'what did not start in time is not removed yet'));
      const message = `The container cannot be started: ${reasonOf(error)}`;
      throw statusOf(error) === 400 ? new Unrunnable(message, { cause: error }) : new Error(message, { cause: error });
    }
    this.#follow(key);
  }

  async signal(key: string, signal: Signal): Promise<number> {
    return (await this.#options.engine.kill(this.#name(key), signal)) ? 1 : 0;
  }

  watch(key: string, onChange: (what: Change) => void): () => void {
    return watchAttempt(this.#directory(key).path, onChange);
  }

  output(key: string): OutputSource {
    return outputFiles(this.#directory(key));
  }

  async stats(key: string): Promise<Usage | undefined> {
    const directory = this.#directory(key);
    if (directory.begun() !== undefined && directory.exit() === undefined) {
      const usage = await this.#options.engine.usage(this.#name(key));
      if (usage !== undefined) this.#usages.set(key, usage);
    }
    return this.#usages.get(key);
  }

  inspect(key: string): Inspection {
    const directory = this.#directory(key);
    const exit = directory.exit();
    const begun = directory.begun();
    const isOver = exit !== undefined || directory.isGone || directory.refusal !== undefined;
    return { presence: isOver ? 'over' : begun === undefined ? 'absent' : 'alive', begun, exit, oomKills: directory.oomKills };
  }

  refusal(key: string): { readonly message: string; readonly isRetryable: boolean } {
    const reason = this.#directory(key).refusal;
    return { message: `The container did not start. ${reason ?? ''}`.trim(), isRetryable: true };
  }

  async kill(key: string): Promise<void> {
    const { engine } = this.#options;
    const name = this.#name(key);
    await engine.kill(name, 'SIGKILL');
    await engine.ended(name, AbortSignal.timeout(removalMs));
    await this.#followers.get(key)?.done;
  }

  async vacate(key: string): Promise<void> {
    await this.#options.gpus.close(key);
  }

  async remove(key: string): Promise<void> {
    await this.#delete(key);
    const follower = this.#followers.get(key);
    follower?.stop();
    await follower?.done;
    this.#followers.delete(key);
    this.#usages.delete(key);
    await this.vacate(key);
    await this.#directory(key).remove();
    this.#owned.delete(key);
  }

  keepsake(key: string, name: 'cursor' | 'plan'): string {
    return this.#directory(key).file(name);
  }

  list(): string[] {
    return [...this.#owned];
  }

  #directory(key: string): ContainerDirectory {
    return new ContainerDirectory(this.#containers, key);
  }

  #name(key: string): string {
    return `${this.#options.owner}-${key}`;
  }

  #isOpen(key: string): boolean {
    const directory = this.#directory(key);
    return existsSync(directory.path) && directory.plan() !== undefined && directory.exit() === undefined && !directory.isGone;
  }

  /** What began in the last moment of an earlier agent is known to have begun before anybody asks, or it would be begun again. */
  async #takeUp(): Promise<void> {
    const { engine, now } = this.#options;
    for (const key of [...this.#owned].filter((open) => this.#isOpen(open))) {
      const directory = this.#directory(key);
      const state = directory.begun() === undefined ? await engine.state(this.#name(key)) : undefined;
      if (state?.startedAt !== undefined) directory.noteBegun(state.startedAt, now());
      this.#follow(key);
    }
  }

  #follow(key: string): void {
    const { engine, now, log } = this.#options;
    const directory = this.#directory(key);
    const maxOutputBytes = directory.plan()?.maxOutputBytes ?? 0;
    const onFailure = (err: unknown): void => log.warn({ err, attempt: key }, 'the engine does not tell of a container');
    this.#followers.set(key, new Follower({ engine, name: this.#name(key), directory, maxOutputBytes, now, onFailure }));
  }

  /** Resolves when the engine knows nothing of it any more. */
  async #delete(key: string): Promise<void> {
    const { engine } = this.#options;
    const deadline = performance.now() + removalMs;
    for (await engine.remove(this.#name(key)); (await engine.state(this.#name(key))) !== undefined; await pause(pollMs))
      if (performance.now() > deadline) throw new Error(`the container of attempt ${key} cannot be removed`);
  }
}
