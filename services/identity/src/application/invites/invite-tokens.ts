import { createHmac } from 'node:crypto';
import { identity } from '@orrery/contracts';
import type { Claim } from '@orrery/event-store';
import type { Hold } from '../../domain/invites/invite.ts';
import { ProvenTokens } from '../proven-token.ts';

export const inviteStream = (inviteId: string): string => `invite-${inviteId}`;

/** What somebody names an invite with: its id, and the hash of its secret where they have one. */
export interface Presented {
  readonly inviteId: identity.InviteId;
  readonly secretHash: string | null;
}

/** The secrets of invites, and the claims that keep an address to one open invite a place. */
export class InviteTokens {
  private readonly tokens;

  constructor(
    ticketKey: Buffer,
    private readonly claimKey: Buffer,
  ) {
    this.tokens = new ProvenTokens(ticketKey, 'invite', identity.InviteId);
  }

  mint(inviteId: identity.InviteId): { readonly token: string; readonly hash: string } {
    return this.tokens.mint(inviteId);
  }

  /** Undefined for what is neither an id nor a token that this platform made. */
  parse(token: string): Presented | undefined {
    const proven = this.tokens.parse(token);
    if (proven) return { inviteId: proven.id, secretHash: proven.hash };
    const id = identity.InviteId.safeParse(token);
    return id.success ? { inviteId: id.data, secretHash: null } : undefined;
  }

  /** In a table that outlives people, and must not tell of them. */
  keyOf({ orgId, spaceId, email }: Omit<Hold, 'act'>): string {
    return createHmac('sha256', this.claimKey)
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
