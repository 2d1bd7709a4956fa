import type { Progress } from './download.ts';

export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

const onTerminalMs = 200;
const elsewhereMs = 5_000;

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

const lineOf = ({ done, of }: Progress, perSecond: number): string => {
  const share = of === undefined || of === 0 ? '' : ` of ${mib(of)} MiB, ${Math.floor((done / of) * 100)} %`;
  return `${mib(done)} MiB${share}, ${mib(perSecond)} MiB/s`;
};

/** Shows how far it is: on a terminal on one line that changes, elsewhere now and then on a line of its own. */
export const progressOn = (screen: Screen, now: () => number) => {
  const every = screen.isTTY ? onTerminalMs : elsewhereMs;
  const began = { at: now(), done: -1 };
  let shownAt = now();
  let isOnLine = false;
  return {
    told: (progress: Progress): void => {
      if (began.done < 0) began.done = progress.done;
      if (now() - shownAt < every) return;
      shownAt = now();
      const line = lineOf(progress, ((progress.done - began.done) * 1_000) / Math.max(1, shownAt - began.at));
      screen.write(screen.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
      isOnLine = screen.isTTY === true;
    },
    /** A line that stays. */
    say: (text: string): void => {
      screen.write(isOnLine ? `\r\x1b[K${text}\n` : `${text}\n`);
      isOnLine = false;
    },
  };
};
