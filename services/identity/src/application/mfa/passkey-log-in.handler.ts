import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext, UserId } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { findById } from '../../views/people.view.ts';
import { Sessions } from '../sessions/sessions.ts';
import { Tries } from '../tries/tries.ts';
import { type Bond, freshTicket } from './challenges.ts';
import { Factors } from './factors.ts';
import { Proofs } from './proofs.ts';
import { clientDataOf, idOfHandle } from './relying-party.ts';

type Input = InputOf<typeof identity.LogInWithPasskey>;

const heldBy = (ticket: string): Bond => ({ purpose: 'log-in', holder: ticket });

/** What logging in takes where there is no session yet. */
export class PasskeyDoor {
  constructor(
    readonly proofs: Proofs,
    readonly tries: Tries,
    readonly sessions: Sessions,
  ) {}
}

/** Logging in with nothing but a passkey: it knows its owner by a finger or a PIN, so it is both factors. */
@Controller()
export class PasskeyLogInHandler {
  constructor(
    private readonly store: EventStore,
    private readonly factors: Factors,
    private readonly door: PasskeyDoor,
  ) {}

  @Serves(identity.BeginPasskeyLogIn)
  async begin(): Promise<OutputOf<typeof identity.BeginPasskeyLogIn>> {
    const { challenges, relyingParty } = this.door.proofs.tools;
    const ticket = freshTicket();
    return { ticket, options: relyingParty.request(challenges.issue(heldBy(ticket)), 'required') };
  }

  @Serves(identity.LogInWithPasskey)
  async logIn(input: Input, context: RequestContext): Promise<identity.Tokens> {
    const { tries, sessions } = this.door;
    // Counted where it comes from: whoever shows nonsense in somebody's name must not keep them out.
    const subject = `log-in at ${context.origin?.ip ?? 'nowhere'}`;
    const userId = await tries.check('passkey', subject, context, () => this.ownerOf(input, context));
    const person = userId && (await findById(this.store, userId));
    if (!person) return refuse({ code: 'PasskeyRefused', details: {} });
    const opening = { method: 'passkey', owesSecondFactor: false, input: { passkey: input.passkey } } as const;
    return await sessions.open(person, opening, context);
  }

  private async ownerOf({ ticket, passkey }: Input, context: RequestContext): Promise<UserId | undefined> {
    const { proofs } = this.door;
    const { challenge = '' } = clientDataOf(passkey.response.clientDataJSON) ?? {};
    // Before anything is read: only who has asked for a challenge is looked at.
    if (!proofs.tools.challenges.read(challenge, heldBy(ticket))) return undefined;
    const owner = UserId.safeParse(idOfHandle(passkey.response.userHandle ?? ''));
    if (!owner.success) return undefined;
    const userId = owner.data;
    const asked = { userId, bond: heldBy(ticket), userVerification: 'required' } as const;
    const granted = await this.factors.attempt(
      userId,
      {
        input: { passkey },
        command: async (state, by) => ({ type: 'LogIn', ...by, proof: await proofs.passkey(passkey, asked, state) }),
        answer: () => ({ userId }),
      },
      context,
    );
    return granted && userId;
  }
}
