import { gpuMilliOf, type Need } from '../placement/need.ts';
import { cpu } from './stock.ts';

/** Of which resources a need could take from a quota, one for each model that would do. `models`: those that there are. */
export const resourcesOf = ({ gpus, models }: Need, all: readonly string[]): readonly string[] => {
  if (gpus === 0) return [cpu];
  return models?.map((model) => model.toLowerCase()) ?? all;
};

/** How much of it, for all members together. */
export const milliOf = (need: Need, nodes: number): number => nodes * (need.gpus === 0 ? need.cpuMilli : gpuMilliOf(need));
