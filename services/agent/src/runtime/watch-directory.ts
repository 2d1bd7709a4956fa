import { watch } from 'node:fs';

export interface Watching {
  readonly onFile: (file: string | null) => void;
  readonly pollMs: number;
  /** Where the system has no watch left to give, or takes one away. */
  readonly unwatchedPollMs: number;
}

/** Calls back for every file of a directory that changes, and with null now and then, since a watch may miss a change. */
export const watchDirectory = (path: string, { onFile, pollMs, unwatchedPollMs }: Watching): (() => void) => {
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
