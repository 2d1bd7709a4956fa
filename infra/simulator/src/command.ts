import { simulateHistory } from './history/history.ts';
import { help } from './options.ts';
import { simulatePlacement } from './placement.ts';
import { simulateQueue } from './queue.ts';
import { settingsOf } from './settings.ts';
import { simulateTimed } from './timed.ts';

/** What `npm run simulate` prints. */
export const simulate = (args: readonly string[]): string => {
  const settings = settingsOf(args);
  switch (settings?.mode) {
    case undefined:
      return help;
    case 'placement':
      return simulatePlacement(settings);
    case 'timed':
      return simulateTimed(settings);
    case 'history':
      return simulateHistory(settings);
    case 'queue':
      return simulateQueue(settings);
  }
};
