import { closeSync, existsSync, fsyncSync, openSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProcessIdentity, readText, uptimeMsOf } from './proc.ts';

export type StreamName = 'stdout' | 'stderr';

/** A moment as the launcher noted it: on the machine's uptime, and on the wall by the time of the file. */
export interface Stamp {
  readonly uptimeMs: number;
  readonly at: number;
}

/** What lies on the disk for one attempt. Everything is written once, by the agent before the launch or by the launcher. */
export class RunDirectory {
  readonly path: string;

  constructor(runs: string, key: string) {
    this.path = join(runs, key);
  }

  file(name: 'launcher' | 'begun' | 'exit' | 'cursor' | 'plan' | StreamName): string {
    return join(this.path, name);
  }

  exists(): boolean {
    return existsSync(this.path);
  }

  /** Empty files for everything that is appended to later, so that a watcher misses no first byte. */
  async prepare(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const all = { ...files, stdout: '', stderr: '', begun: '' };
    await Promise.all(Object.entries(all).map(([name, content]) => writeFile(join(this.path, name), content, { mode: 0o600 })));
  }

  /** Who launched; undefined before it noted itself. */
  launcher(): ProcessIdentity | undefined {
    const [pid, start] = this.line('launcher')?.split(' ') ?? [];
    return pid !== undefined && start !== undefined ? { pid: Number(pid), start } : undefined;
  }

  begun(): Stamp | undefined {
    const line = this.line('begun');
    return line === undefined ? undefined : this.stamp('begun', line);
  }

  exit(): (Stamp & { readonly code: number }) | undefined {
    const [code, uptime] = this.line('exit')?.split(' ') ?? [];
    return code !== undefined && uptime !== undefined ? { ...this.stamp('exit', uptime), code: Number(code) } : undefined;
  }

  /** The end of what the sandbox itself complained of, before any program ran. */
  complaint(): string {
    return (readText(this.file('stderr')) ?? '').trim().slice(-500);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  /** A whole line, or undefined while it is being written. */
  private line(name: 'launcher' | 'begun' | 'exit'): string | undefined {
    const text = readText(this.file(name));
    return text?.endsWith('\n') ? text.trimEnd() : undefined;
  }

  private stamp(name: 'begun' | 'exit', uptime: string): Stamp {
    return { uptimeMs: uptimeMsOf(uptime), at: Math.round(statSync(this.file(name)).mtimeMs) };
  }
}

export const keysIn = (runs: string): string[] => (existsSync(runs) ? readdirSync(runs) : []);

/** Makes new names in a directory survive a power cut. */
export const syncDirectory = (path: string): void => {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
