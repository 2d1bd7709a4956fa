import type { execution } from '@orrery/contracts';
import { membersOn } from '../placement/capacity.ts';
import { isShare, mostOnOne, type Need } from '../placement/need.ts';
import type { Request } from '../request.ts';
import { causeAtInWords, causeInWords, gpusOf, many } from './in-words.ts';
import { causeAt, freeGpusFor, searchFor } from './machine-cause.ts';
import type { Sight } from './sight.ts';

/** In which nothing about free room can be said. */
const apart: ReadonlySet<execution.MachineCause> = new Set([
  'pinned-elsewhere',
  'lost',
  'cordoned',
  'unfit',
  'pool',
  'labels',
  'gpu-model',
  'no-slices',
]);

interface Counted {
  readonly causes: ReadonlyMap<execution.MachineCause, number>;
  readonly freeGpus: number;
  /** With room for one member; where all of them want to be on one machine, for all. */
  readonly roomy: number;
}

const countCauses = (scene: Sight, need: Need, nodes: number): Counted => {
  const search = searchFor(scene, need);
  const causes = new Map<execution.MachineCause, number>();
  const together = mostOnOne(need, nodes);
  let [freeGpus, roomy] = [0, 0];
  for (const place of scene.fleet.places) {
    if (!place) continue;
    const cause = causeAt(place, search, scene.away);
    causes.set(cause, (causes.get(cause) ?? 0) + 1);
    if (cause === 'has-room' && (together === 1 || membersOn(place, search.fleetNeed) >= together)) roomy += 1;
    if (!apart.has(cause)) freeGpus = Math.max(freeGpus, freeGpusFor(place, search));
  }
  return { causes, freeGpus, roomy };
};

const pinned = (scene: Sight, need: Need): string | null => {
  if (need.machine === undefined) return null;
  const place = scene.fleet.get(need.machine);
  const it = `The machine that it is pinned to, ${need.machine},`;
  if (!place) return `${it} is not there: nothing else will do.`;
  const cause = causeAt(place, searchFor(scene, need), scene.away);
  return cause === 'has-room' ? null : `${causeAtInWords(cause, it)}: nothing else will do.`;
};

/** Of a part of a GPU there is all or nothing. */
const freeInWords = (need: Need, free: number): string =>
  need.mig !== undefined || isShare(need)
    ? `${free === 0 ? 'No machine has' : 'A machine has'} ${gpusOf(need)} free.`
    : `${free} of ${gpusOf(need)} ${free === 1 ? 'is' : 'are'} free in one machine.`;

/** Of machines with room, and how many of them it needs at once. */
const roomInWords = (need: Need, nodes: number, roomy: number): string => {
  if (nodes === 1) return roomy === 0 ? '' : `${many(roomy, 'machine')} ${roomy === 1 ? 'has' : 'have'} room.`;
  if (mostOnOne(need, nodes) > 1)
    return `${many(roomy, 'machine')} ${roomy === 1 ? 'has' : 'have'} room for all ${nodes} of its members at once.`;
  const found = Math.min(roomy, nodes);
  return `${found} of ${nodes} machines ${found === 1 ? 'has' : 'have'} room: each member needs one of its own.`;
};

const inWords = (scene: Sight, need: Need, nodes: number, { causes, freeGpus, roomy }: Counted): string => {
  const away = pinned(scene, need);
  if (away !== null) return away;
  const room = roomInWords(need, nodes, roomy);
  const gpus = need.gpus > 0 && !causes.has('has-room') ? freeInWords(need, Math.min(freeGpus, need.gpus)) : '';
  const others = [...causes]
    .filter(([cause]) => cause !== 'has-room' && cause !== 'pinned-elsewhere')
    .sort(([, a], [, b]) => b - a)
    .map(([cause, machines]) => causeInWords(cause, machines));
  const rest = others.length > 0 ? `${others.join('; ')}.` : '';
  return [room, gpus, rest].filter((part) => part !== '').join(' ') || 'There are no machines.';
};

/** What is missing where, for each of its choices. */
export const missingFor = (scene: Sight, { ask }: Request): readonly execution.MissingForChoice[] =>
  ask.choices.map((need, choice) => {
    const counted = countCauses(scene, need, ask.nodes);
    const causes = [...counted.causes]
      .sort(([, a], [, b]) => b - a)
      .map(([cause, machines]) => ({ cause, machines, message: causeInWords(cause, machines) }));
    return { choice, message: inWords(scene, need, ask.nodes, counted), freeGpus: counted.freeGpus, neededGpus: need.gpus, causes };
  });
