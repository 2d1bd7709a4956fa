import type { execution } from '@orrery/contracts';
import type { Request } from '../request.ts';
import { orgOf } from '../scheduler/queues.ts';
import { many, spanInWords } from './in-words.ts';
import type { Sight } from './sight.ts';

type Scope = execution.QueuePlace['scope'];

const named: Readonly<Record<Scope, string>> = { project: 'your project', organization: 'your organization', cluster: 'the whole cluster' };

const inWords = (scope: Scope, ahead: number): string =>
  ahead === 0
    ? `It is next in ${named[scope]}.`
    : `${many(ahead, 'request')} of ${named[scope]} ${ahead === 1 ? 'is' : 'are'} looked at before it.`;

const isIn = (scope: Scope, queue: string, other: string): boolean => {
  if (scope === 'cluster') return true;
  return scope === 'project' ? other === queue : orgOf(other) === orgOf(queue);
};

/** Where it stands in each queue that it waits in. */
export const queuePlacesOf = (scene: Sight, { id, queue }: Request): readonly execution.QueuePlace[] => {
  const scopes: readonly Scope[] = queue === orgOf(queue) ? ['organization', 'cluster'] : ['project', 'organization', 'cluster'];
  const at = scene.waits.findIndex(({ request }) => request === id);
  if (at < 0) return [];
  return scopes.map((scope) => {
    let [ahead, waiting] = [0, 0];
    for (const [index, { queue: other }] of scene.waits.entries()) {
      if (!isIn(scope, queue, other)) continue;
      waiting += 1;
      if (index < at) ahead += 1;
    }
    return { scope, position: ahead + 1, waiting, message: inWords(scope, ahead) };
  });
};

type Order = execution.WaitExplained['order'];

const isUrgent = ({ deadlineAt, limitMs }: Request, { now, settings }: Sight): boolean =>
  deadlineAt !== null && deadlineAt - limitMs - now < settings.urgentMs;

/** Which group it is looked at with: each goes wholly before the next one. */
export const orderOf = (scene: Sight, request: Request): Order => {
  const { ageingMs, overdueMs } = scene.settings;
  const { rank } = request;
  const worth =
    rank === 0 ? '' : ` Its rank ${rank} counts as ${spanInWords(Math.abs(rank) * ageingMs)} of waiting ${rank > 0 ? 'more' : 'less'}.`;
  const waited = scene.now - (request.submittedAt - rank * ageingMs);
  if (waited >= overdueMs) {
    return {
      group: 'overdue',
      rank,
      message: `It has waited so long${rank === 0 ? '' : ', its rank counted,'} that it is looked at before all whose time is not up.${worth}`,
    };
  }
  if (isUrgent(request, scene)) {
    return { group: 'overdue', rank, message: `Its deadline is so near that it is looked at before all whose time is not up.${worth}` };
  }
  if (scene.askedAmounts(request).some((amounts) => scene.tree.isGuaranteed(request.queue, amounts))) {
    return {
      group: 'guaranteed',
      rank,
      message: `It is within what its project, its organization or a group above it is guaranteed, so it is looked at before all that are not, the longest waiting first.${worth}`,
    };
  }
  const loan = scene.hasGuarantees
    ? 'It would have more than is guaranteed to it, so whoever'
    : 'Nothing is guaranteed to anybody, so whoever';
  return { group: 'borrowing', rank, message: `${loan} has used the least for its weight goes first.${worth}` };
};
