import type { execution } from '@orrery/contracts';
import { waitingInWords } from '../../run/waiting-in-words.ts';
import type { Amounts, QuotaBlock } from '../admission/quota-node.ts';
import { type GroupWish, isOwn, type Need } from '../placement/need.ts';
import type { Request } from '../request.ts';
import { gpusInWords } from '../rules/in-words.ts';
import type { WaitReason } from '../scheduler/facts.ts';
import { orgOf } from '../scheduler/queues.ts';
import { causeInWords } from './in-words.ts';
import { causeAt, searchFor } from './machine-cause.ts';
import type { Sight } from './sight.ts';

export const reasonInWords = (reason: WaitReason, { ask: { nodes } }: Request): string => waitingInWords(reason, nodes);

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

/** About members of one gang alone: nobody else is of their group, and nobody of it has a machine. */
const amongThemselves = (scene: Sight, need: Need): string | null => {
  const { near, apart } = need;
  const isNobody = (wish: GroupWish | undefined): boolean => isOwn(wish, need) && scene.fleet.groups.domainsOf(wish) === null;
  const help =
    'it starts when an operator says of machines which racks they are in, puts more of them where they are wanted, or adds some.';
  if (isNobody(near) && near?.scope === 'rack')
    return `Its members are to be in one rack, and no rack that is known has machines enough that could take them: ${help}`;
  if (isNobody(apart) && apart?.scope === 'rack')
    return `Its members are to be in a rack each, and too few racks have machines that could take them: ${help}`;
  return null;
};

const groupOf = (scene: Sight, need: Need, reason: string): string => {
  const { near, apart } = need;
  const among = amongThemselves(scene, need);
  if (among !== null) return among;
  if (near && scene.fleet.groups.domainsOf(near) === null)
    return 'It is to be near to runs of a group of which none has a machine now: it starts once one has, and there is room beside it.';
  if (near) return 'It is to be near to runs of a group, and no machine near to these could take it, even with nothing else on it.';
  return apart
    ? 'It is to be apart from runs of a group, and these are on, or beside, every machine that could take it: it starts when some of them end, or where machines are added.'
    : reason;
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
  return nearest ? limitInWords(nearest, queue) : reasonInWords('quota', request);
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
      return first ? groupOf(scene, first, reasonInWords(reason, request)) : reasonInWords(reason, request);
    case 'quota':
      return quotaInWords(scene, request);
    default:
      return reasonInWords(reason, request);
  }
};
