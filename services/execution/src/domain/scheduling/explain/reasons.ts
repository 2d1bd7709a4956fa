import type { execution } from '@orrery/contracts';
import type { Amounts, QuotaBlock } from '../admission/quota-node.ts';
import { mostOnOne, type Need } from '../placement/need.ts';
import type { Request } from '../request.ts';
import { gpusInWords } from '../rules/in-words.ts';
import type { WaitReason } from '../scheduler/facts.ts';
import { orgOf } from '../scheduler/queues.ts';
import { causeInWords } from './in-words.ts';
import { causeAt, searchFor } from './machine-cause.ts';
import type { Sight } from './sight.ts';

/** What is true of whatever waits for that reason. */
const reasons: Readonly<Record<WaitReason, string>> = {
  'no-machine': 'No machine that there is could take it, even with nothing else on it.',
  closed: 'Machines that could take it are there, and take nothing now: cordoned, offline or out of order.',
  group: 'It is to be near to other runs, or apart from them, and no machine that could take it is.',
  'machine-away': 'The machine that it is pinned to is not there, or takes nothing new.',
  quota: 'A limit of its quota is reached.',
  'solid-ground':
    'It was preempted as often as work may be, and waits for room that nobody can take back: within its own guarantee, or what nobody is guaranteed.',
  promised: 'There is room, in islands that are promised to others as a whole.',
  'held-for-earlier': 'There is room, and it is kept for other work that waits for it.',
  preempting: 'Other work has been told to make room for it.',
  'all-busy': 'Every machine that could take it is busy.',
  'retry-later': 'Its last attempt could not be started: the next one follows in a moment.',
};

const ofGangs: Partial<Readonly<Record<WaitReason, string>>> = {
  'no-machine': 'Too few machines are there that could take its members, each on a machine of its own, even with nothing else on them.',
  closed:
    'Too few machines take anything now that could take its members, each on a machine of its own: the others are cordoned, offline or out of order.',
  'all-busy': 'Its members start together, each on a machine of its own, and too few machines have room at once.',
};

/** Each of its members needs a machine of its own. */
const isApart = ({ ask: { nodes, choices } }: Request): boolean => nodes > 1 && choices.every((need) => mostOnOne(need, nodes) === 1);

export const reasonInWords = (reason: WaitReason, request: Request): string =>
  (isApart(request) ? ofGangs[reason] : undefined) ?? reasons[reason];

const closing = new Set<execution.MachineCause>(['lost', 'cordoned', 'unfit', 'gpus-faulty']);

/** Which closed machines could take it, and who can help. */
const closedInWords = (scene: Sight, request: Request): string => {
  const found = new Map<execution.MachineCause, Set<string>>();
  for (const need of request.ask.choices) {
    const search = searchFor(scene, need);
    for (const place of scene.fleet.places) {
      const cause = place && causeAt(place, search, scene.away);
      if (place && cause && closing.has(cause)) found.set(cause, (found.get(cause) ?? new Set()).add(place.id));
    }
  }
  const which = [...found].map(([cause, machines]) => causeInWords(cause, machines.size)).join('; ');
  const says = which === '' ? reasonInWords('closed', request) : `Of the machines that could take it too few take anything now: ${which}.`;
  return `${says} An operator can put them back to work.`;
};

const groupOf = (scene: Sight, { near, apart }: Need): string => {
  if (near && scene.fleet.groups.domainsOf(near) === null)
    return 'It is to be near to runs of a group of which none has a machine now: it starts once one has, and there is room beside it.';
  if (near) return 'It is to be near to runs of a group, and no machine near to these could take it, even with nothing else on it.';
  return apart
    ? 'It is to be apart from runs of a group, and these are on, or beside, every machine that could take it: it starts when some of them end, or where machines are added.'
    : reasons.group;
};

const whose = (node: string, queue: string): string => {
  if (node === orgOf(queue)) return 'its organization';
  return node === queue ? 'its project' : 'the group that its organization is in';
};

const isHopeless = ({ asked, limit }: QuotaBlock): boolean => asked > limit;

/** More than a limit on its way up, whatever is used there; the lowest. */
const neverWithin = (scene: Sight, queue: string, amounts: Amounts): QuotaBlock | null => {
  for (const node of scene.pathOf(queue)) {
    const limits = scene.nodeOf(node)?.limit ?? {};
    for (const [resource, asked] of Object.entries(amounts)) {
      const limit = limits[resource];
      if (limit !== undefined && asked > limit) return { node, resource, used: 0, asked, limit };
    }
  }
  return null;
};

const limitInWords = (block: QuotaBlock, queue: string): string => {
  const { node, resource, asked, limit } = block;
  const who = whose(node, queue);
  if (isHopeless(block)) {
    const [more, may] = [gpusInWords(asked, resource), gpusInWords(limit, resource)];
    return `It asks for ${more}, and ${who} is limited to ${may}: it never starts unless that limit is raised, or it asks for less.`;
  }
  const others = who.startsWith('the group') ? 'work of that group, mostly of other organizations,' : `work of ${who}`;
  return `The limit of ${who} is reached: it can start when ${others} ends, or the limit is raised.`;
};

/** Which limit stops it, and whose work could end so that it does not. */
const quotaInWords = (scene: Sight, request: Request): string => {
  const { queue } = request;
  const asked = scene.askedAmounts(request);
  const blocks = asked.map((amounts) => neverWithin(scene, queue, amounts) ?? scene.tree.blockedBy(queue, amounts));
  if (blocks.includes(null)) return 'What is left of a limit of its quota goes to work that is looked at before it.';
  const there = blocks.filter((block) => block !== null);
  const nearest = there.find((block) => !isHopeless(block)) ?? there[0];
  return nearest ? limitInWords(nearest, queue) : reasons.quota;
};

const pinnedInWords = 'The machine that it is pinned to could not take it, even with nothing else on it.';

/** Why it waits, as exactly as it can be said of this one. */
export const whyInWords = (scene: Sight, request: Request, reason: WaitReason): string => {
  const [first] = request.ask.choices;
  switch (reason) {
    case 'no-machine':
      return first?.machine === undefined ? reasonInWords(reason, request) : pinnedInWords;
    case 'closed':
      return closedInWords(scene, request);
    case 'group':
      return first ? groupOf(scene, first) : reasons[reason];
    case 'quota':
      return quotaInWords(scene, request);
    default:
      return reasonInWords(reason, request);
  }
};
