import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readText } from '../runtime/proc.ts';

/** What an attempt's slice is, written before it is made: whoever comes after a crash finds and destroys what was. */
const Note = z.strictObject({
  /** No slice outlives a boot. */
  bootId: z.string(),
  gpu: z.int().min(0),
  profile: z.string(),
  start: z.int().min(0).nullable(),
  /** Slices that were there before it, which are others'. */
  others: z.array(z.int()),
  /** Null until the driver has told it. */
  id: z.int().nullable(),
});
export type Note = z.infer<typeof Note>;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** One file for each attempt that has a slice, or may. */
export class Notes {
  constructor(private readonly directory: string) {}

  read(key: string): Note | undefined {
    const text = readText(join(this.directory, key));
    return text === undefined ? undefined : Note.safeParse(parsed(text)).data;
  }

  write(key: string, note: Note): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const fresh = join(this.directory, `.${key}`);
    writeFileSync(fresh, JSON.stringify(note), { mode: 0o600 });
    renameSync(fresh, join(this.directory, key));
  }

  remove(key: string): void {
    rmSync(join(this.directory, key), { force: true });
  }

  keys(): string[] {
    return existsSync(this.directory) ? readdirSync(this.directory).filter((name) => !name.startsWith('.')) : [];
  }
}
