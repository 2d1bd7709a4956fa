import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../runtime/run-directory.ts';
import { type Entry, lineOf, type Reading, readLines } from './line.ts';

interface Write {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface JournalOptions {
  /** From this size on, and again whenever it has doubled since. */
  readonly bytes: number;
  /** What must stay of the entries. */
  readonly keep: (entries: readonly Entry[]) => readonly Entry[];
  /** The disk takes nothing any more. */
  readonly onBroken: (error: unknown) => void;
}

/** An append-only file of checked lines. What `append` resolved for survives a power cut. */
export class Journal {
  readonly #path: string;
  readonly #options: JournalOptions;
  #file: FileHandle;
  #size: number;
  #compactAt: number;
  #queue: Write[] = [];
  #writing: Promise<void> | undefined;
  #broken: unknown;

  private constructor(path: string, file: FileHandle, size: number, options: JournalOptions) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#options = options;
    this.#compactAt = options.bytes;
  }

  /** Opens or makes it, drops what a crash left half written, and gives what it holds. */
  static async open(path: string, options: JournalOptions): Promise<Reading & { readonly journal: Journal }> {
    const file = await open(path, 'a', 0o600);
    syncDirectory(dirname(path));
    const reading = readLines(await readFile(path));
    await file.truncate(reading.soundBytes);
    return { ...reading, journal: new Journal(path, file, reading.soundBytes, options) };
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves when the entries lie on the disk. Those of one turn of the loop share one sync. */
  append(entries: readonly Entry[]): Promise<void> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    if (entries.length === 0) return this.flush();
    return new Promise((resolve, reject) => {
      this.#queue.push({ text: entries.map(lineOf).join(''), resolve, reject });
      this.#wake();
    });
  }

  /** Waits for everything that was appended so far. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file.close();
  }

  #wake(): void {
    this.#writing ??= this.#work();
  }

  async #work(): Promise<void> {
    // Whoever appends in this turn of the loop comes along.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#write(this.#queue.splice(0));
    // In the same turn as the last look at the queue: whoever appends after it wakes a new round.
    this.#writing = undefined;
  }

  async #write(writes: readonly Write[]): Promise<void> {
    try {
      const bytes = Buffer.from(writes.map(({ text }) => text).join(''));
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
      this.#size += bytes.length;
      if (this.#size > this.#compactAt) await this.#compact();
      for (const { resolve } of writes) resolve();
    } catch (error) {
      // After a failed sync nobody knows what lies on the disk: from here on nothing is acknowledged.
      this.#broken = error;
      this.#options.onBroken(error);
      for (const { reject } of [...writes, ...this.#queue.splice(0)]) reject(error);
    }
  }

  /** Replaces everything by what must stay, at once or not at all. */
  async #compact(): Promise<void> {
    const { entries } = readLines(await readFile(this.#path));
    const bytes = Buffer.from(this.#options.keep(entries).map(lineOf).join(''));
    const file = await open(`${this.#path}.next`, 'w', 0o600);
    await file.writeFile(bytes);
    await file.sync();
    await rename(`${this.#path}.next`, this.#path);
    syncDirectory(dirname(this.#path));
    await this.#file.close();
    // It was opened to write from its start and stands at its end now; nobody else writes to it.
    this.#file = file;
    this.#size = bytes.length;
    this.#compactAt = Math.max(this.#options.bytes, 2 * bytes.length);
  }
}
