import { createHash, createHmac, randomBytes } from 'node:crypto';
import { identity } from '@orrery/contracts';
import type { Claim } from '@orrery/event-store';
import type { Hold } from '../../domain/invites/invite.ts';

export const inviteStream = (inviteId: string): string => `invite-${inviteId}`;

/** What somebody names an invite with: its id, and the hash of its secret where they have one. */
export interface Presented {
  readonly inviteId: identity.InviteId;
  readonly secretHash: string | null;
}

export interface MintedSecret {
  readonly token: string;
  readonly hash: string;
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** `<invite id>.<256 random bits>`: found by the id, compared by the hash, which is all that is kept. */
export const mintSecret = (inviteId: identity.InviteId): MintedSecret => {
  const token = `${inviteId}.${randomBytes(32).toString('base64url')}`;
  return { token, hash: hashOf(token) };
};

export const presentedIn = (token: string): Presented | undefined => {
  const [head, secret] = token.split('.', 2);
  const id = identity.InviteId.safeParse(head);
  return id.success ? { inviteId: id.data, secretHash: secret === undefined ? null : hashOf(token) } : undefined;
};

/** Keeps an address to one open invite a place, in a table that tells of nobody. */
export class InviteClaims {
  constructor(private readonly key: Buffer) {}

  keyOf({ orgId, spaceId, email }: Omit<Hold, 'act'>): string {
    return createHmac('sha256', this.key)
      .update(`invite\n${orgId}\n${spaceId ?? ''}\n${email}`)
      .digest('hex');
  }

  claimsOf(stream: string, holds: readonly Hold[]): readonly Claim[] {
    return holds.map(({ act, ...hold }) => {
      const claim = { scope: 'invite', key: this.keyOf(hold) };
      return act === 'take' ? { ...claim, take: stream } : { ...claim, release: stream };
    });
  }
}
