/** Resolves when somebody wants us to leave: by a signal, or because whoever started us is gone. */
export const untilTold = (): Promise<void> =>
  new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve());
    process.once('disconnect', () => resolve());
    // The line to whoever started us is for its end only, and must not keep us.
    process.channel?.unref();
  });
