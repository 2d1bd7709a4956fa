import type { Write } from '@orrery/event-store';
import { type Invitation, inviteLetter } from '../../domain/letters/invite-letter.ts';
import type { Post } from '../mail/post.ts';

/** Sends the letters of invites: each if its invite is made, and only then. */
export class InvitePost {
  constructor(
    private readonly post: Post,
    private readonly publicUrl: string,
  ) {}

  slip(invitation: Omit<Invitation, 'publicUrl'>): Write {
    const { expiresAt } = invitation;
    return this.post.slip(inviteLetter({ ...invitation, publicUrl: this.publicUrl }), { expiresAt });
  }

  collect(): void {
    this.post.collect();
  }
}
