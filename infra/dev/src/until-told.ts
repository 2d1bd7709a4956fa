import { terminal } from './terminal.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** As shells count a program that was interrupted. */
export const interrupted = 130;

/**
 * Resolves with the first signal that asks us to end. With the second one we end `atOnce`: whoever asks twice means it. The third
 * does not even wait for that.
 */
export const untilTold = (atOnce: () => Promise<void> = async () => undefined): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let times = 0;
    for (const name of signals) {
      process.on(name, () => {
        times += 1;
        if (times === 1) resolve(name);
        if (times > 2) process.exit(interrupted);
        if (times !== 2) return;
        terminal.line('Ending everything at once …');
        // Whichever of the two ends comes first.
        process.exitCode = interrupted;
        void atOnce().finally(() => process.exit(interrupted));
      });
    }
  });
