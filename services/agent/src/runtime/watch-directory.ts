import { watch } from 'node:fs';
import type { Change } from './runtime.ts';

const pollMs = 1_000;
const unwatchedPollMs = 100;

interface Watching {
  readonly onFile: (file: string | null) => void;
  readonly pollMs: number;
  /** Where the system has no watch left to give, or takes one away. */
  readonly unwatchedPollMs: number;
}

/** Calls back for every file of a directory that changes, and with null now and then, since a watch may miss a change. */
const watchDirectory = (path: string, { onFile, pollMs, unwatchedPollMs }: Watching): (() => void) => {
  let poll = setInterval(() => onFile(null), pollMs).unref();
  const pollFaster = (): void => {
    clearInterval(poll);
    poll = setInterval(() => onFile(null), unwatchedPollMs).unref();
  };
  const begin = (): { readonly close: () => void } | undefined => {
    try {
      return watch(path, { persistent: false }, (_event, file) => onFile(file)).once('error', pollFaster);
    } catch {
      pollFaster();
      return undefined;
    }
  };
  const watcher = begin();
  return () => {
    clearInterval(poll);
    watcher?.close();
  };
};

/** Calls back with what may have changed in the directory of an attempt, and now and then even where nothing has. */
export const watchAttempt = (path: string, onChange: (what: Change) => void): (() => void) => {
  const onFile = (file: string | null): void => {
    if (file === null || file === 'stdout' || file === 'stderr') onChange('output');
    if (file !== 'stdout' && file !== 'stderr') onChange('state');
  };
  return watchDirectory(path, { onFile, pollMs, unwatchedPollMs });
};
