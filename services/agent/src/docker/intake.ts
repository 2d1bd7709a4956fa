import { closeSync, openSync, writeSync } from 'node:fs';
import type { StreamName } from '../runtime/runtime.ts';
import type { ContainerDirectory } from './container-directory.ts';
import type { Frame } from './frames.ts';

/** Appends to the disk what a log, read from its beginning, holds beyond it. */
export class Intake {
  readonly #files: Readonly<Record<StreamName, number>>;
  /** What the log will repeat. */
  readonly #known: Record<StreamName, number>;
  #room: number;

  constructor(directory: ContainerDirectory, maxOutputBytes: number) {
    this.#known = directory.written();
    // One byte more than may be shipped tells that it was too much.
    this.#room = maxOutputBytes + 1 - this.#known.stdout - this.#known.stderr;
    this.#files = { stdout: openSync(directory.file('stdout'), 'a'), stderr: openSync(directory.file('stderr'), 'a') };
  }

  get isFull(): boolean {
    return this.#room <= 0;
  }

  take({ stream, bytes }: Frame): void {
    const fresh = bytes.subarray(this.#known[stream]);
    this.#known[stream] -= bytes.length - fresh.length;
    const kept = fresh.subarray(0, Math.max(0, this.#room));
    this.#room -= kept.length;
    for (let done = 0; done < kept.length; ) done += writeSync(this.#files[stream], kept, done);
  }

  close(): void {
    for (const descriptor of Object.values(this.#files)) closeSync(descriptor);
  }
}
