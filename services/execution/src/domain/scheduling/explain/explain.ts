import { type execution, instantOf } from '@orrery/contracts';
import { mostOnOne } from '../placement/need.ts';
import type { Request } from '../request.ts';
import type { Reserved, WaitReason } from '../scheduler/facts.ts';
import type { RequestSnapshot } from '../scheduler/snapshot.ts';
import { many, spanInWords } from './in-words.ts';
import { missingFor } from './missing.ts';
import { orderOf, queuePlacesOf } from './place-in-queues.ts';
import { quotaStatesFor } from './quota-states.ts';
import type { Scene } from './scene.ts';
import type { Start } from './start.ts';

const reasons: Readonly<Record<WaitReason, string>> = {
  'no-machine': 'No machine that is connected could take it, even with nothing else on it.',
  'machine-away': 'The machine that it is pinned to is not there, or takes nothing new.',
  quota: 'A limit of its quota is reached: it starts when work of its own organization ends, or the limit is raised.',
  'solid-ground':
    'It was preempted as often as work may be, and waits for room that nobody can take back: within its own guarantee, or what nobody is guaranteed.',
  promised: 'There is room, in islands that are promised to others as a whole.',
  'held-for-earlier': 'There is room, and it is kept for work that goes first and needs more of it.',
  preempting: 'Other work has been told to make room for it.',
  'all-busy': 'Every machine that could take it is busy.',
  'retry-later': 'Its last attempt could not be started: the next one follows in a moment.',
};

const ofGangs: Partial<Readonly<Record<WaitReason, string>>> = {
  'no-machine': 'Too few machines are connected that could take its members, each on a machine of its own, even with nothing else on them.',
  'all-busy': 'Its members start together, each on a machine of its own, and too few machines have room at once.',
};

/** `isApart`: it is several members, none of which share a machine. */
export const reasonInWords = (reason: WaitReason, isApart: boolean): string => (isApart ? ofGangs[reason] : undefined) ?? reasons[reason];

/** Each of its members needs a machine of its own. */
export const isApart = ({ ask: { nodes, choices } }: Request): boolean =>
  nodes > 1 && choices.every((need) => mostOnOne(need, nodes) === 1);

const reservationOf = (reserved: Reserved | undefined, now: number): execution.WaitExplained['reservation'] => {
  if (!reserved) return null;
  const machines = new Set(reserved.seats.map(({ machine }) => machine)).size;
  const at = reserved.at <= now ? 'as soon as they are free' : `in ${spanInWords(reserved.at - now)} at the latest`;
  return {
    startsAt: instantOf(reserved.at),
    machines,
    message: `${many(machines, 'machine')} ${machines === 1 ? 'is' : 'are'} kept for it, ${at}; others use them only if that makes it no later.`,
  };
};

const startInWords = ({ start, startUnknown }: Start): string => {
  if (start === null) return startUnknown ?? '';
  return start.method === 'now'
    ? 'It would start now.'
    : `It starts ${start.earliest === start.latest ? 'at' : 'between'} ${spanOf(start)}.`;
};

const spanOf = ({ earliest, latest }: execution.StartEstimate): string => {
  if (latest === null) return `${earliest} and a time that nobody knows`;
  return earliest === latest ? earliest : `${earliest} and ${latest}`;
};

export interface Findings extends Start {
  readonly instead: readonly execution.Alternative[];
}

/** Everything that can be said of a request that waits; undefined: it does not wait. */
export const explainWait = (scene: Scene, id: string, findings: Findings): execution.WaitExplained | undefined => {
  const known = scene.requests.get(id);
  if (!known || known.placed) return undefined;
  const { request } = known;
  const reason = scene.waits.find((wait) => wait.request === id)?.reason ?? 'all-busy';
  const queues = queuePlacesOf(scene, request);
  const summary = [reasonInWords(reason, isApart(request)), queues.at(-1)?.message ?? '', startInWords(findings)]
    .filter((part) => part !== '')
    .join(' ');
  return {
    summary,
    reason,
    queues: [...queues],
    order: orderOf(scene, request),
    missing: [...missingFor(scene, request)],
    quotas: [...quotaStatesFor(scene, request)],
    reservation: reservationOf(scene.reservations.get(id), scene.now),
    start: findings.start,
    startUnknown: findings.startUnknown,
    instead: [...findings.instead],
  };
};

/** A request that nobody has submitted, as it would wait. */
export const supposed = (request: Request): RequestSnapshot => ({
  request,
  notBefore: 0,
  avoid: [],
  preemptions: 0,
  placed: null,
  vacated: [],
  preemptingAt: null,
});
