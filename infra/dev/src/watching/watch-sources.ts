import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { packageOf } from './affected.ts';

/** Editors write a file in several steps, and tools several files at once: what comes together is one change. */
const settleMs = 80;

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

  const watchers: FSWatcher[] = ['libs', 'services', 'gateway', 'infra']
    .filter((folder) => existsSync(join(checkout, folder)))
    .map((folder) =>
      watch(join(checkout, folder), { recursive: true }, (_event, file) => {
        const owner = file === null ? undefined : packageOf(join(folder, file));
        if (owner === undefined) return;
        pending.add(owner);
        clearTimeout(timer);
        timer = setTimeout(() => void flush(), settleMs);
      }),
    );
  return {
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
};
