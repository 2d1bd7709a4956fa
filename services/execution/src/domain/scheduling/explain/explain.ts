import { type execution, instantOf } from '@orrery/contracts';
import type { Request } from '../request.ts';
import type { Reserved } from '../scheduler/facts.ts';
import type { RequestSnapshot } from '../scheduler/snapshot.ts';
import { many, spanInWords } from './in-words.ts';
import { missingFor } from './missing.ts';
import { orderOf, queuePlacesOf } from './place-in-queues.ts';
import { quotaStatesFor } from './quota-states.ts';
import { whyInWords } from './reasons.ts';
import type { Sight } from './sight.ts';
import type { Start } from './start.ts';

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
export const explainWait = (scene: Sight, id: string, findings: Findings): execution.WaitExplained | undefined => {
  const known = scene.requests.get(id);
  const reason = scene.reasonOf(id);
  // What would be placed now does not wait, though it is not told yet.
  if (!known || known.placed || !reason) return undefined;
  const { request } = known;
  const queues = queuePlacesOf(scene, request);
  const summary = [whyInWords(scene, request, reason), queues.at(-1)?.message ?? '', startInWords(findings)]
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
