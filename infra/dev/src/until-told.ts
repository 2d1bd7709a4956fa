const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the first signal that asks us to end. A second one ends us at once: whoever asks twice means it. */
export const untilTold = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let told = false;
    for (const name of signals) {
      process.on(name, () => {
        if (told) process.exit(130);
        told = true;
        resolve(name);
      });
    }
  });
