import type { execution } from '@orrery/contracts';
import type { Need } from '../placement/need.ts';
import type { Request } from '../request.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { gpusOf, many, spanInWords } from './in-words.ts';

/** Something else that could be asked for. */
export interface Variant {
  readonly request: Request;
  readonly alternative: execution.Alternative;
}

/** A machine type that can be had, and what it gives. */
export interface Offer {
  readonly name: string;
  readonly need: Pick<Need, 'cpuMilli' | 'memoryMib' | 'gpus' | 'gpuMilli' | 'models' | 'mig' | 'minGpuMemoryMib' | 'pool'>;
}

/** Looked at for one request: each costs a decision. */
const mostVariants = 24;
const mostOffers = 12;
const shortestMs = 60_000;

const withNeeds = (request: Request, change: (need: Need) => Need): Request => ({
  ...request,
  ask: { ...request.ask, choices: request.ask.choices.map(change) },
});

const fewerNodes = (request: Request): readonly Variant[] => {
  const variants: Variant[] = [];
  for (let nodes = Math.floor(request.ask.nodes / 2); nodes >= 1; nodes = Math.floor(nodes / 2)) {
    variants.push({
      request: { ...request, ask: { ...request.ask, nodes } },
      alternative: {
        change: 'nodes',
        input: { nodes },
        message: `With ${many(nodes, 'node')} instead of ${request.ask.nodes} it would start now.`,
      },
    });
  }
  return variants;
};

const shorter = (request: Request): readonly Variant[] => {
  const variants: Variant[] = [];
  for (let limitMs = Math.floor(request.limitMs / 2); limitMs >= shortestMs; limitMs = Math.floor(limitMs / 4)) {
    const timeoutSeconds = Math.floor(limitMs / 1_000);
    variants.push({
      request: { ...request, limitMs },
      alternative: {
        change: 'time-limit',
        input: { timeoutSeconds },
        message: `With a time limit of ${spanInWords(limitMs)} it would start now.`,
      },
    });
  }
  return variants;
};

type Wish = 'machine' | 'pool' | 'labels' | 'near' | 'apart';

const withoutPool = ({ pool: _pool, isPoolOfType: _of, ...need }: Need): Need => need;

/** What was wished for and can be done without, by the field of a submission. */
const wishes: Readonly<Record<Wish, { readonly field: string; readonly leave: (need: Need) => Need }>> = {
  machine: { field: 'workerId', leave: ({ machine: _, ...need }) => need },
  pool: { field: 'pool', leave: (need) => (need.isPoolOfType ? need : withoutPool(need)) },
  labels: { field: 'labels', leave: ({ labels: _, ...need }) => need },
  near: { field: 'near', leave: ({ near: _, ...need }) => need },
  apart: { field: 'apart', leave: ({ apart: _, ...need }) => need },
};

const lessPicky = (request: Request): readonly Variant[] =>
  (Object.keys(wishes) as Wish[]).flatMap((wish): Variant[] => {
    if (request.ask.choices.every((need) => need[wish] === undefined || (wish === 'pool' && need.isPoolOfType))) return [];
    const { field, leave } = wishes[wish];
    return [
      {
        request: withNeeds(request, leave),
        alternative: { change: 'wishes', input: { [field]: null }, message: `Without ${field} it would start now.` },
      },
    ];
  });

const preemptible = (request: Request): readonly Variant[] =>
  request.isPreemptible
    ? []
    : [
        {
          request: { ...request, isPreemptible: true },
          alternative: {
            change: 'preemptible',
            input: { preemptible: true },
            message: 'Preemptible it would start now, and could be ended and started again for others.',
          },
        },
      ];

const gpuMilliIn = ({ gpus, gpuMilli }: Offer['need']): number => (gpus === 0 ? 0 : gpus * gpuMilli);

const areOthers = (models: Need['models'], asked: Need['models']): boolean => {
  const known = new Set(asked?.map((model) => model.toLowerCase()));
  return models !== null && asked !== null && !models.some((model) => known.has(model.toLowerCase()));
};

/** No more GPUs than were asked for, and of the same ones no more of anything else: whoever wants more asks for it. */
const isNoMore = ({ need }: Offer, asked: Need): boolean => {
  const isElsewhere = need.pool !== undefined && asked.pool !== undefined && !asked.isPoolOfType && need.pool !== asked.pool;
  if (isElsewhere || need.gpus > 0 !== asked.gpus > 0 || gpuMilliIn(need) > gpuMilliIn(asked)) return false;
  return areOthers(need.models, asked.models) || (need.cpuMilli <= asked.cpuMilli && need.memoryMib <= asked.memoryMib);
};

interface OtherTypes {
  /** With as many GPUs. */
  readonly asMuch: readonly Variant[];
  readonly less: readonly Variant[];
}

/** Nearest to what was asked for first. */
const otherTypes = (request: Request, offers: readonly Offer[]): OtherTypes => {
  const [first] = request.ask.choices;
  if (!first) return { asMuch: [], less: [] };
  const asked = gpuMilliIn(first);
  const distance = (offer: Offer): number => asked - gpuMilliIn(offer.need);
  const found = offers
    .filter((offer) => isNoMore(offer, first))
    .sort((a, b) => distance(a) - distance(b) || (a.name < b.name ? -1 : 1))
    .slice(0, mostOffers);
  const variantOf = ({ name, need }: Offer): Variant => ({
    request: withNeeds({ ...request, ask: { ...request.ask, choices: [first] } }, (wished) => ({ ...without(wished), ...need })),
    alternative: {
      change: 'machine-type',
      input: { machineType: name },
      message: `As ${name} (${gpusOf(need)}${distance({ name, need }) > 0 ? ` instead of ${gpusOf(first)}` : ''}) it would start now.`,
    },
  });
  return {
    asMuch: found.filter((offer) => distance(offer) === 0).map(variantOf),
    less: found.filter((offer) => distance(offer) > 0).map(variantOf),
  };
};

/** What a machine type says is no wish of the request's. */
const without = ({ mig: _mig, minGpuMemoryMib: _memory, ...need }: Need): Need => (need.isPoolOfType ? withoutPool(need) : need);

/** What could be asked for instead, the smallest change first: whoever needs eight GPUs is seldom helped by one. */
export const variantsOf = (request: Request, offers: readonly Offer[]): readonly Variant[] => {
  const { asMuch, less } = otherTypes(request, offers);
  const all = [...preemptible(request), ...lessPicky(request), ...fewerNodes(request), ...asMuch, ...shorter(request), ...less];
  return all.slice(0, mostVariants);
};

const roundLimit = 1_024;

/**
 * Whether it would be placed at once, were it submitted now in the place of the other. `scheduler`: one of its own, without the
 * request; it is left as it was.
 */
export const startsNow = (scheduler: Scheduler, { request }: Pick<Variant, 'request'>, now: number): boolean => {
  const asked = { ...request, id: `${request.id}?`, submittedAt: now };
  scheduler.submit(asked);
  const isPlaced = scheduler.decide(now, roundLimit).some((decision) => decision.kind === 'place' && decision.request === asked.id);
  scheduler.ended(asked.id, now);
  return isPlaced;
};
