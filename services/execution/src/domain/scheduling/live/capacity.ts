import type { catalog, execution } from '@orrery/contracts';
import { noTraits } from '../../worker.ts';
import { Fleet } from '../placement/fleet.ts';
import { Placer } from '../placement/placer.ts';
import { policyOf } from '../placement/policies.ts';
import { needOf } from '../request-of.ts';
import { canRun, sizeOf } from './machine.ts';

/** What of a machine decides whether a run could ever be there. */
export type Capacity = Omit<execution.WorkerFacts, 'hostname' | 'agentVersion' | 'os'>;

/** Whether it could be on such a machine of that pool, if nothing else were. */
export const couldHold = (facts: Capacity, pool: string | null, resources: catalog.Resources): boolean => {
  if (!canRun(facts)) return false;
  const machine = { facts: { hostname: '', agentVersion: '', os: '', ...facts }, traits: { ...noTraits, pool } };
  const fleet = new Fleet();
  fleet.add(sizeOf('one', { ...machine, isLost: false, isCordoned: false, drainedAt: null }));
  return (
    new Placer(
      fleet,
      policyOf('pack', () => 0),
    ).find(needOf(resources)) !== null
  );
};
