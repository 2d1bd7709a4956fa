import { renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { Moment } from '../domain/lease.ts';
import { readText } from '../runtime/proc.ts';
import { RunDirectory, type Stamp } from '../runtime/run-directory.ts';
import type { ContainerState } from './engine.ts';

/** What a container is made of, and how much of its output is kept. */
export interface Plan {
  readonly options: Docker.ContainerCreateOptions;
  readonly maxOutputBytes: number;
}

const seconds = (uptimeMs: number): string => (uptimeMs / 1_000).toFixed(2);

/** What lies on the disk for one container: what it is made of, its output, and how it began and ended. */
export class ContainerDirectory extends RunDirectory {
  /** Empty where nothing was laid out, or not to the end. */
  plan(): Plan | undefined {
    const text = readText(join(this.path, 'container'));
    return text === undefined ? undefined : JSON.parse(text);
  }

  layOut(plan: Plan): void {
    this.#note('container', JSON.stringify(plan));
  }

  /** When the engine says that it began, also on the uptime of this machine. */
  noteBegun(startedAt: number, now: Moment & { readonly at: number }): void {
    const uptimeMs = Math.max(0, now.uptimeMs - (now.at - startedAt));
    this.#note('boot', now.bootId);
    this.#note('begun', `${seconds(uptimeMs)}\n`, startedAt);
  }

  /** How long it ran is the difference of two moments of one clock; when it ended on the uptime follows from that. */
  noteExit(begun: Stamp, { exitCode, finishedAt, isOomKilled }: ContainerState): void {
    if (isOomKilled) this.#note('oom', '1\n');
    const ranMs = Math.max(0, finishedAt - begun.at);
    this.#note('exit', `${exitCode} ${seconds(begun.uptimeMs + ranMs)}\n`, begun.at + ranMs);
  }

  /** It is over, and nobody knows how. */
  noteGone(): void {
    this.#note('gone', '\n');
  }

  /** It never began, and the engine says why. */
  noteRefusal(reason: string): void {
    this.#note('refusal', reason);
  }

  get isGone(): boolean {
    return readText(join(this.path, 'gone')) !== undefined;
  }

  get refusal(): string | undefined {
    return readText(join(this.path, 'refusal'));
  }

  /** It began before this machine was started the last time. */
  isOfBoot(bootId: string): boolean {
    return readText(join(this.path, 'boot')) === bootId;
  }

  get oomKills(): number {
    return Number(readText(join(this.path, 'oom')) ?? 0);
  }

  written(): { stdout: number; stderr: number } {
    const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return { stdout: size(this.file('stdout')), stderr: size(this.file('stderr')) };
  }

  /** Whole or not at all, with the time that it tells of. */
  #note(name: string, text: string, at?: number): void {
    const path = join(this.path, name);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    if (at !== undefined) utimesSync(`${path}.new`, at / 1_000, at / 1_000);
    renameSync(`${path}.new`, path);
  }
}
