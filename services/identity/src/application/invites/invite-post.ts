import type { RequestContext } from '@orrery/contracts';
import type { InviteRow } from '../../views/invites.view.ts';
import { inviteLetter, type Letter } from './invite-letter.ts';

export interface Outgoing {
  readonly row: InviteRow;
  readonly org: string;
  readonly space: string | null;
  /** The secret that proves the mailbox: it goes there and nowhere else. */
  readonly token: string;
}

export type SendLetter = (letter: Letter, context: RequestContext) => Promise<void>;

/** Sends the letters of invites. */
export class InvitePost {
  constructor(
    private readonly publicUrl: string,
    private readonly deliver: SendLetter,
  ) {}

  async send({ row: { email: to, role, expiresAt }, org, space, token }: Outgoing, context: RequestContext): Promise<void> {
    await this.deliver(inviteLetter({ to, org, space, role, token, expiresAt, publicUrl: this.publicUrl }), context);
  }
}
