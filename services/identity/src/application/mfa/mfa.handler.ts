import { Controller } from '@nestjs/common';
import { epochOf, type InputOf, identity, newId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import type { By, Proof } from '../../domain/mfa/proof.ts';
import type { State } from '../../domain/mfa/state.ts';
import { mfaOf } from '../../views/mfa/mfa.view.ts';
import { findById } from '../../views/people.view.ts';
import { sessions } from '../../views/sessions.view.ts';
import { Sessions } from '../sessions/sessions.ts';
import { Factors } from './factors.ts';
import { type InSession, inSession } from './in-session.ts';
import { Proofs, pathOf } from './proofs.ts';
import { freshSecret, otpauthUrlOf, qrCodeOf, stepsOf } from './totp.ts';

type Proven = { readonly proof?: identity.Proof | undefined };

@Controller()
export class MfaHandler {
  constructor(
    private readonly store: EventStore,
    private readonly factors: Factors,
    private readonly proofs: Proofs,
    private readonly sessions: Sessions,
  ) {}

  @Serves(identity.GetMfa)
  get(_: InputOf<typeof identity.GetMfa>, context: RequestContext): Promise<OutputOf<typeof identity.GetMfa>> {
    return mfaOf(this.store, inSession(context).userId);
  }

  @Serves(identity.EnrollAuthenticator)
  async enroll(
    input: InputOf<typeof identity.EnrollAuthenticator>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.EnrollAuthenticator>> {
    const who = inSession(context);
    const enrolmentId = newId(identity.EnrolmentId);
    const secret = freshSecret();
    const { codes: backupCodes, hashes: backupHashes } = this.proofs.tools.backupCodes.issue(who.userId);
    const offered = await this.factors.grant(
      who,
      {
        ...this.proven(input, who),
        sealed: true,
        command: async (state, by) => ({
          type: 'OfferAuthenticator',
          ...by,
          enrolmentId,
          secret,
          backupHashes,
          proof: await this.shown(input, who, state),
        }),
        answer: () => ({ secret, backupCodes }),
      },
      context,
    );
    const person = await findById(this.store, who.userId);
    const otpauthUrl = otpauthUrlOf(offered.secret, person?.email ?? who.userId);
    return { ...offered, backupCodes: [...offered.backupCodes], otpauthUrl, qrCode: qrCodeOf(otpauthUrl) };
  }

  @Serves(identity.ConfirmAuthenticator)
  async confirm(
    { code }: InputOf<typeof identity.ConfirmAuthenticator>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ConfirmAuthenticator>> {
    return await this.factors.grant(
      inSession(context),
      {
        shows: 'mfa',
        input: { code },
        command: async ({ offer }, by) => {
          if (!offer) return refuse({ code: 'AuthenticatorNotOffered', details: {} });
          const steps = stepsOf(code, offer.secret, systemClock.now());
          return { type: 'ConfirmAuthenticator', ...by, enrolmentId: offer.enrolmentId, steps };
        },
        answer: () => ({}),
      },
      context,
    );
  }

  @Serves(identity.ShowSecondFactor)
  async show(
    { proof }: InputOf<typeof identity.ShowSecondFactor>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ShowSecondFactor>> {
    const who = inSession(context);
    await this.assertOpen(who);
    const { sessionId, backupCodesLeft } = await this.factors.grant(
      who,
      {
        ...this.proven({ proof }, who),
        command: async (state, by) => ({ type: 'Show', ...by, proof: await this.proofs.read(proof, who, state) }),
        answer: (_, { backupHashes }) => ({ sessionId: who.sessionId, backupCodesLeft: backupHashes.length }),
      },
      context,
    );
    // The session that it was shown in: whoever repeats the call from another one completes nothing there.
    await this.sessions.complete({ userId: who.userId, sessionId }, context);
    return { backupCodesLeft };
  }

  @Serves(identity.DisableMfa)
  async disable(input: InputOf<typeof identity.DisableMfa>, context: RequestContext): Promise<OutputOf<typeof identity.DisableMfa>> {
    const who = inSession(context);
    return await this.factors.grant(
      who,
      {
        ...this.proven(input, who),
        command: async (state, by) => ({ type: 'Disable', ...by, proof: await this.shown(input, who, state) }),
        answer: () => ({}),
      },
      context,
    );
  }

  @Serves(identity.ResetMfa)
  async reset({ userId }: InputOf<typeof identity.ResetMfa>, context: RequestContext): Promise<OutputOf<typeof identity.ResetMfa>> {
    const command = async (_: unknown, by: By) => ({ type: 'Reset', ...by }) as const;
    await this.factors.attempt(userId, { input: { userId }, command, answer: () => ({}) }, context);
    await this.sessions.revokeAll(userId, 'second-factor-changed', context);
    return {};
  }

  @Serves(identity.RegenerateBackupCodes)
  async regenerate(
    input: InputOf<typeof identity.RegenerateBackupCodes>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RegenerateBackupCodes>> {
    const who = inSession(context);
    const { codes, hashes: backupHashes } = this.proofs.tools.backupCodes.issue(who.userId);
    return await this.factors.grant(
      who,
      {
        ...this.proven(input, who),
        sealed: true,
        command: async (state, by) => ({ type: 'ReplaceBackupCodes', ...by, backupHashes, proof: await this.shown(input, who, state) }),
        answer: () => ({ backupCodes: [...codes] }),
      },
      context,
    );
  }

  /** No code is used up for a session that has ended. */
  private async assertOpen({ userId, sessionId }: InSession): Promise<void> {
    const session = await this.store.read(sessions).one({ id: sessionId });
    const isOpen = session?.userId === userId && session.isOpen && epochOf(session.expiresAt) > systemClock.now();
    if (!isOpen) refuse({ code: 'SessionNotFound', details: {} });
  }

  /** The same `Idempotency-Key` in another session is another request: what was shown there counts there. */
  private proven({ proof }: Proven, { sessionId }: InSession) {
    return { shows: proof && pathOf(proof), input: { proof, sessionId } };
  }

  private async shown({ proof }: Proven, who: InSession, state: State): Promise<Proof | null> {
    return proof ? await this.proofs.read(proof, who, state) : null;
  }
}
