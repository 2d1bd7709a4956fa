import { inference } from '@orrery/contracts';
import type { Edit, Member, Members } from './members.ts';

/** What is longer than all tags that are kept could be is none: it is not even read. */
const longestBytes = 16_384;
/** Ours, of what was blocked: no client may claim it. */
export const guardrailTag = 'guardrail:';

interface Asked {
  readonly body: Buffer;
  readonly members: Members;
}

const isTag = (tag: unknown): tag is string => inference.RequestTag.safeParse(tag).success && !String(tag).startsWith(guardrailTag);

const listIn = (body: Buffer, { valueAt, valueEnd }: Member): readonly unknown[] => {
  if (valueEnd - valueAt > longestBytes) return [];
  try {
    const value: unknown = JSON.parse(body.toString('utf8', valueAt, valueEnd));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
};

const memberOf = ({ members: { all } }: Asked): Member | undefined => all.find(({ name }) => name === inference.requestTagsMember);

/** What the client calls the request, to find it again. It is never refused for that: what is no tag is left out. */
export const tagsIn = (asked: Asked): readonly string[] => {
  const member = memberOf(asked);
  if (member === undefined) return [];
  return [...new Set(listIn(asked.body, member).filter(isTag))].slice(0, inference.mostRequestTags);
};

/** Takes the tags out: they are said to us, and model servers of OpenAI's kind refuse what they do not know. */
export const withoutTags = ({ body, members: { openAt, all } }: Asked): readonly Edit[] => {
  const at = all.findIndex(({ name }) => name === inference.requestTagsMember);
  const member = all[at];
  if (member === undefined) return [];
  const before = all[at - 1];
  if (before) return [{ from: before.valueEnd, to: member.valueEnd, text: '' }];
  const comma = all.length > 1 ? body.indexOf(',', member.valueEnd) + 1 : member.valueEnd;
  return [{ from: openAt + 1, to: comma, text: '' }];
};
