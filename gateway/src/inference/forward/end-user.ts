import { inference } from '@orrery/contracts';
import type { Client } from '../shapes/shape.ts';
import { type Member, type Members, membersOf } from './members.ts';

/** All of its characters may be spelled as escapes of six bytes, between quotes: what is longer is not even read. */
const longestBytes = 6 * inference.mostEndUser + 2;
/** Of an object that holds little else. */
const longestMetadata = 4 * longestBytes;
const quote = 34;

interface Asked {
  readonly body: Buffer;
  readonly members: Members;
}

/** Of two, the one that a parser keeps. */
const lastOf = (members: Members | undefined, name: string): Member | undefined => members?.all.findLast((member) => member.name === name);

const endUserAt = (body: Buffer, { valueAt, valueEnd }: Member): string | undefined => {
  if (valueEnd - valueAt > longestBytes || body[valueAt] !== quote) return undefined;
  try {
    return inference.EndUser.safeParse(JSON.parse(body.toString('utf8', valueAt, valueEnd))).data;
  } catch {
    return undefined;
  }
};

const ofMetadata = ({ body, members }: Asked): string | undefined => {
  const metadata = lastOf(members, 'metadata');
  if (metadata === undefined || metadata.valueEnd - metadata.valueAt > longestMetadata) return undefined;
  const value = body.subarray(metadata.valueAt, metadata.valueEnd);
  const member = lastOf(membersOf(value), 'user_id');
  return member && endUserAt(value, member);
};

/** Whom the client asks for, as it calls them. It is never refused for that: what is no such name, or longer than is kept, is left out. */
export const endUserIn = (asked: Asked, client: Client): string | undefined => {
  if (client === 'messages') return ofMetadata(asked);
  const member = lastOf(asked.members, 'user');
  return member && endUserAt(asked.body, member);
};
