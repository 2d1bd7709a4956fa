import { QuotaTree } from '../admission/quota-tree.ts';
import { Fleet } from '../placement/fleet.ts';
import type { Need } from '../placement/need.ts';
import type { Seat } from '../request.ts';
import type { Wait } from '../scheduler/facts.ts';
import { capacityOf, type Known } from '../scheduler/known.ts';
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
  build(fleet, machines);
  for (const each of requests) hold(fleet, each);
  const reasons = new Map(waits.map(({ request, reason }) => [request, reason]));
  return {
    fleet,
    tree: QuotaTree.restore(settings.halfLifeMs, usage),
    nodes: usage.configured,
    capacity: capacityOf(fleet),
    requests: new Map(requests.map((each) => [each.request.id, each])),
    holding: () =>
      requests.flatMap(({ request: { id, queue }, placed }) =>
        placed ? [{ id, queue, at: placed.at, isBorrowed: placed.isBorrowed }] : [],
      ),
    waiting: () => {
      const waiting = new Map<string, number>();
      for (const { queue } of waits) waiting.set(queue, (waiting.get(queue) ?? 0) + 1);
      return waiting;
    },
    reservations: new Map(reservations.map((each) => [each.request, each])),
    waits,
    reasonOf: (id) => reasons.get(id),
  };
};

const build = (fleet: Fleet, machines: SchedulerSnapshot['machines']): void => {
  for (const { size, isOpen, closedGpus } of machines) {
    const place = fleet.add(size);
    if (!isOpen) fleet.open(place, false);
    for (const index of closedGpus) fleet.closeGpu(place, index, true);
  }
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
