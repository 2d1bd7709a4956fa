import { InputProblem } from './problem.ts';
import type { HistorySettings } from './settings.ts';

export const simulateHistory = ({ file }: HistorySettings): string => {
  throw new InputProblem(`--history ${file}: recorded events cannot be replayed yet`);
};
