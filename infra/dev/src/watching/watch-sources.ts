import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { packageOf } from './affected.ts';

/** Editors write a file in several steps, and tools several files at once: what comes together is one change. */
const settleMs = 80;

const roots = ['libs', 'services', 'gateway', 'infra'];
const without = new Set(['node_modules', 'dist', 'test']);

const foldersIn = (directory: string): string[] => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !without.has(entry.name))
      .map((entry) => entry.name);
  } catch {
    return []; // Gone meanwhile.
  }
};

/**
 * Watches folders and not files: where an editor replaces a file by a new one of its name, as most do, whoever watched the file
 * hears of it once and never again. Node's own recursive watching watches files, on Linux.
 */
class Folders {
  private readonly watchers = new Map<string, FSWatcher>();

  constructor(
    private readonly checkout: string,
    private readonly changed: (file: string) => void,
  ) {}

  /** Watches a folder and those below it. */
  add(folder: string): void {
    if (this.watchers.has(folder)) return;
    try {
      const watcher = watch(join(this.checkout, folder), (_event, name) => this.hear(folder, name));
      watcher.on('error', () => this.remove(folder));
      this.watchers.set(folder, watcher);
    } catch {
      return; // Gone meanwhile.
    }
    for (const name of foldersIn(join(this.checkout, folder))) this.add(join(folder, name));
  }

  close(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private remove(folder: string): void {
    this.watchers.get(folder)?.close();
    this.watchers.delete(folder);
  }

  private hear(folder: string, name: string | null): void {
    if (name === null || without.has(name)) return;
    this.changed(join(folder, name));
    this.look(folder, name);
  }

  /** A folder that came may be one that went before: it is watched anew, and what lies in it has changed. */
  private look(folder: string, name: string): void {
    if (!foldersIn(join(this.checkout, folder)).includes(name)) return;
    const path = join(folder, name);
    this.remove(path);
    this.add(path);
    this.tell(path);
  }

  private tell(folder: string): void {
    try {
      for (const entry of readdirSync(join(this.checkout, folder), { recursive: true, encoding: 'utf8' }))
        this.changed(join(folder, entry));
    } catch {
      // Gone meanwhile.
    }
  }
}

/** Calls back with the packages whose sources changed. One call at a time; what changes meanwhile comes with the next. */
export const watchSources = (checkout: string, changed: (packages: ReadonlySet<string>) => Promise<void>): { close: () => void } => {
  let pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;

  const flush = async (): Promise<void> => {
    if (isBusy || pending.size === 0) return;
    isBusy = true;
    const packages = pending;
    pending = new Set();
    await changed(packages).finally(() => {
      isBusy = false;
    });
    void flush();
  };

  const folders = new Folders(checkout, (file) => {
    const owner = packageOf(file);
    if (owner === undefined) return;
    pending.add(owner);
    clearTimeout(timer);
    timer = setTimeout(() => void flush(), settleMs);
  });
  for (const root of roots) folders.add(root);
  return {
    close: () => {
      clearTimeout(timer);
      folders.close();
    },
  };
};
