import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathsOf } from '../discovery/weights.ts';
import type { AttemptSpec } from '../domain/attempt.ts';
import type { GpuAccess } from '../slices/gpu-access.ts';
import type { Groups, Usage } from './groups.ts';
import { withoutInheritance } from './inherited.ts';
import { outputFiles } from './output-files.ts';
import { descendantsOf, isAlive, isInsideSandbox, type ProcessIdentity, processesMarked, processOf, sendSignal } from './proc.ts';
import { launchArguments } from './program-command.ts';
import { keysIn, RunDirectory } from './run-directory.ts';
import { type Change, type Env, type Inspection, type OutputSource, type Place, type Runtime, type Signal, Unrunnable } from './runtime.ts';
import { entranceOf, environmentIn, type Sandbox } from './sandbox.ts';
import { entryScript, etcFiles, launchScript, unpackingFailed } from './scripts.sh.ts';
import { seccompFilter } from './seccomp.ts';
import { tarOf } from './tar.ts';
import { withUnnamed } from './unnamed.ts';
import { usageOf } from './usage.ts';
import { watchAttempt } from './watch-directory.ts';

export interface ProcessRuntimeOptions {
  readonly stateDirectory: string;
  readonly sandbox: Sandbox;
  readonly groups: Groups | undefined;
  /** Processes and threads of one attempt. */
  readonly maxProcesses: number;
  readonly gpus: GpuAccess;
  /** Directory of the weights on this machine, if there is one. */
  readonly weights: string | undefined;
}

const mark = 'ORRERY_RUN_DIR';
const mib = 1024 * 1024;
const killMs = 5_000;
const removalTries = 100;

/** Named by its content, because a shell reads its script as it goes: an agent of another version must not change it under a launcher. */
const install = (directory: string, name: string, script: string): string => {
  const path = join(directory, `${name}-${createHash('sha256').update(script).digest('hex').slice(0, 12)}.sh`);
  if (!existsSync(path)) {
    writeFileSync(`${path}.new`, script, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  return path;
};

/** Programs as plain processes in a bubblewrap sandbox, held by a launcher that outlives the agent. */
export class ProcessRuntime implements Runtime {
  readonly name = 'process';
  readonly boundsMemory: boolean;
  readonly #options: ProcessRuntimeOptions;
  readonly #runs: string;
  readonly #launch: string;
  readonly #entry: string;
  readonly #hasSeccomp: boolean;
  readonly #onExit = new Map<string, () => void>();

  constructor(options: ProcessRuntimeOptions) {
    this.#options = options;
    this.#runs = join(options.stateDirectory, 'runs');
    this.boundsMemory = options.groups?.controllers.includes('memory') ?? false;
    const etc = join(options.stateDirectory, 'etc');
    for (const directory of [this.#runs, etc]) mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#launch = install(options.stateDirectory, 'launch', launchScript);
    this.#entry = install(options.stateDirectory, 'entry', entryScript);
    for (const [name, text] of Object.entries(etcFiles)) writeFileSync(join(etc, name), text, { mode: 0o600 });
    const filter = seccompFilter();
    this.#hasSeccomp = filter !== undefined;
    writeFileSync(join(etc, 'seccomp'), filter ?? '', { mode: 0o600 });
  }

  async prepare(key: string, spec: AttemptSpec, { slot }: Place): Promise<void> {
    const directory = this.#directory(key);
    if (existsSync(directory.file('launcher'))) return;
    const { sandbox, groups, maxProcesses, gpus, weights } = this.#options;
    const { program, resources } = spec;
    if (program === undefined) throw new Unrunnable('This runtime runs programs, and the attempt names none.');
    const memoryBytes = resources.memoryMib * mib;
    const entrance = entranceOf(sandbox, {
      slot,
      scratchBytes: Math.floor(memoryBytes / 2),
      devices: await gpus.open(key, spec),
      weights: pathsOf(weights, spec.weights),
      hasSeccomp: this.#hasSeccomp,
    });
    const joined = groups?.create(key, { memoryBytes, cpuMilli: resources.cpuMilli, processes: maxProcesses }) ?? [];
    const { [program.fileName]: _shadowed, ...files } = program.files;
    await directory.prepare({
      'program.tar': tarOf([...Object.entries(files), [program.fileName, program.code]]),
      arguments: entrance.args,
      groups: joined.map((path) => `${path}\n`).join(''),
      command: JSON.stringify(
        launchArguments({ ...spec, program }, [this.#entry, ...entrance.command], {
          processes: maxProcesses,
          boundsMemory: this.boundsMemory,
        }),
      ),
    });
  }

  start(key: string, env: Env): Promise<void> {
    const directory = this.#directory(key);
    const command: string[] = JSON.parse(readFileSync(join(directory.path, 'command'), 'utf8'));
    const told =
      readFileSync(join(directory.path, 'arguments'), 'utf8') +
      environmentIn(this.#options.sandbox, { ...env, ...this.#options.gpus.told(key) });
    const launcher = withUnnamed(told, (unnamed) =>
      withoutInheritance({ 9: unnamed }, (stdio) =>
        spawn('/bin/sh', [this.#launch, directory.path, ...command], {
          cwd: '/',
          env: { [mark]: directory.path, PATH: '/usr/bin:/bin' },
          detached: true,
          stdio,
        }),
      ),
    );
    launcher.once('exit', () => this.#onExit.get(key)?.());
    launcher.unref();
    return new Promise((resolve, reject) => {
      launcher.once('spawn', resolve).once('error', reject);
    });
  }

  async signal(key: string, signal: Signal): Promise<number> {
    const launcher = this.#directory(key).launcher();
    const below = launcher === undefined ? [] : descendantsOf(launcher);
    const targets = signal === 'SIGKILL' ? below : below.filter((row) => this.#isProgram(row.pid, row.parent, launcher));
    return targets.filter((target) => sendSignal(target, signal)).length;
  }

  watch(key: string, onChange: (what: Change) => void): () => void {
    const stop = watchAttempt(this.#directory(key).path, onChange);
    this.#onExit.set(key, () => onChange('state'));
    return () => {
      stop();
      this.#onExit.delete(key);
    };
  }

  output(key: string): OutputSource {
    return outputFiles(this.#directory(key));
  }

  async stats(key: string): Promise<Usage | undefined> {
    const grouped = this.#options.groups?.usage(key);
    if (grouped !== undefined) return grouped;
    const launcher = this.#directory(key).launcher();
    return launcher === undefined ? undefined : usageOf(descendantsOf(launcher));
  }

  inspect(key: string): Inspection {
    const directory = this.#directory(key);
    const launcher = directory.launcher();
    const isWatched = launcher !== undefined && isAlive(launcher);
    // Read after the look at its launcher, whose last act is to note it: a launcher that is gone has left it, or never will.
    const exit = directory.exit();
    const oomKills = this.#options.groups?.oomKills(key) ?? 0;
    const isGone = exit === undefined && launcher === undefined;
    const presence = isGone ? 'absent' : exit === undefined && isWatched ? 'alive' : 'over';
    return { presence, begun: directory.begun(), exit, oomKills };
  }

  refusal(key: string): { readonly message: string; readonly isRetryable: boolean } {
    const directory = this.#directory(key);
    const isRetryable = directory.exit()?.code !== unpackingFailed;
    const what = isRetryable ? 'The sandbox did not start.' : 'The files of the program cannot be laid out.';
    return { message: `${what} ${directory.complaint()}`.trim(), isRetryable };
  }

  async kill(key: string): Promise<void> {
    const directory = this.#directory(key);
    const deadline = performance.now() + killMs;
    for (let left = this.#everyProcess(key, directory); left.length > 0; left = this.#everyProcess(key, directory)) {
      if (performance.now() > deadline)
        throw new Error(`processes of attempt ${key} cannot be killed: ${left.map(({ pid }) => pid).join(', ')}`);
      for (const target of left) sendSignal(target, 'SIGKILL');
      await pause(5);
    }
  }

  async vacate(key: string): Promise<void> {
    await this.#options.gpus.close(key);
  }

  async remove(key: string): Promise<void> {
    await this.kill(key);
    await this.vacate(key);
    // A group that was just left may still be busy for a moment.
    for (let tries = 1; !(this.#options.groups?.remove(key) ?? true); tries += 1) {
      if (tries > removalTries) throw new Error(`the control groups of attempt ${key} cannot be removed`);
      await pause(10);
    }
    await this.#directory(key).remove();
  }

  keepsake(key: string, name: 'cursor' | 'plan'): string {
    return this.#directory(key).file(name);
  }

  list(): string[] {
    const marked = processesMarked(mark, `${this.#runs}/`).map(({ value }) => value.slice(this.#runs.length + 1));
    return [...new Set([...keysIn(this.#runs), ...(this.#options.groups?.keys() ?? []), ...this.#options.gpus.keys(), ...marked])];
  }

  #directory(key: string): RunDirectory {
    return new RunDirectory(this.#runs, key);
  }

  #isProgram(pid: number, parent: number, launcher: ProcessIdentity | undefined): boolean {
    // Without a sandbox everything below the backstop, the launcher's only child, is the program.
    return this.#options.sandbox.kind === 'none' ? parent !== launcher?.pid : isInsideSandbox(pid);
  }

  #everyProcess(key: string, directory: RunDirectory): ProcessIdentity[] {
    const members = (this.#options.groups?.members(key) ?? []).flatMap((pid) => processOf(pid) ?? []);
    // Its last act was to note the end, and what it launched dies with the sandbox.
    if (directory.exit() !== undefined) return members;
    const launcher = directory.launcher();
    const family = launcher !== undefined && isAlive(launcher) ? [...descendantsOf(launcher), launcher] : [];
    const marked = processesMarked(mark, directory.path).filter(({ value }) => value === directory.path);
    return [...members, ...family, ...marked];
  }
}
