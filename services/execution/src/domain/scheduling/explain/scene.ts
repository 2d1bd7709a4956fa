import { QuotaTree } from '../admission/quota-tree.ts';
import { Fleet } from '../placement/fleet.ts';
import { type Need, wholeGpu } from '../placement/need.ts';
import type { Seat } from '../request.ts';
import { cpu } from '../scheduler/cluster.ts';
import type { Wait } from '../scheduler/facts.ts';
import type { Known } from '../scheduler/known.ts';
import type { RequestSnapshot, SchedulerSnapshot } from '../scheduler/snapshot.ts';
import { type Around, Sight } from './sight.ts';

export interface SceneParts extends Around {
  readonly snapshot: SchedulerSnapshot;
  /** In the order in which requests are looked at. */
  readonly waits: readonly Wait[];
}

/** The cluster as a scheduler saw it at one moment, copied: other courses can be tried on it. */
export class Scene extends Sight {
  constructor(readonly parts: SceneParts) {
    super(copied(parts), parts);
  }
}

const copied = ({ snapshot, waits, settings }: SceneParts): Known => {
  const { usage, requests, reservations, machines } = snapshot;
  const fleet = new Fleet();
  const capacity = build(fleet, machines);
  for (const each of requests) hold(fleet, each);
  const reasons = new Map(waits.map(({ request, reason }) => [request, reason]));
  return {
    fleet,
    tree: QuotaTree.restore(settings.halfLifeMs, usage),
    nodes: usage.configured,
    capacity,
    requests: new Map(requests.map((each) => [each.request.id, each])),
    reservations: new Map(reservations.map((each) => [each.request, each])),
    waits,
    reasonOf: (id) => reasons.get(id),
  };
};

const build = (fleet: Fleet, machines: SchedulerSnapshot['machines']): Readonly<Record<string, number>> => {
  const capacity: Record<string, number> = {};
  const add = (resource: string, amount: number): void => {
    capacity[resource] = (capacity[resource] ?? 0) + amount;
  };
  for (const { size, isOpen, closedGpus } of machines) {
    const place = fleet.add(size);
    if (!isOpen) fleet.open(place, false);
    for (const index of closedGpus) fleet.closeGpu(place, index, true);
    for (const model of size.gpuModels) add(model.toLowerCase(), wholeGpu);
    add(cpu, size.cpuMilli);
  }
  return capacity;
};

const hold = (fleet: Fleet, { request, placed, vacated }: RequestSnapshot): void => {
  const need = placed ? request.ask.choices[placed.choice] : undefined;
  if (!placed || !need) return;
  const gone = new Set(vacated);
  for (const [member, seat] of placed.seats.entries()) if (!gone.has(member)) sit(fleet, need, seat);
};

const sit = (fleet: Fleet, need: Need, { machine, gpus, slice }: Seat): void => {
  const place = fleet.get(machine);
  // It may have left, or come back with fewer GPUs, while somebody still holds it.
  if (!place || gpus.some((index) => index >= place.gpuModels.length)) return;
  fleet.take(place, need, gpus, slice ?? null);
};
