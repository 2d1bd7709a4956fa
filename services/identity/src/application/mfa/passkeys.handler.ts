import { Controller } from '@nestjs/common';
import { type InputOf, identity, newId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import type { By } from '../../domain/mfa/proof.ts';
import { passkeys } from '../../views/mfa/passkeys.view.ts';
import { findById } from '../../views/people.view.ts';
import type { Bond } from './challenges.ts';
import { Factors } from './factors.ts';
import { holderOf, type InSession, inSession } from './in-session.ts';
import { Proofs, pathOf } from './proofs.ts';
import { clientDataOf } from './relying-party.ts';

const addingIn = (who: InSession): Bond => ({ purpose: 'add', holder: holderOf(who) });

@Controller()
export class PasskeysHandler {
  constructor(
    private readonly store: EventStore,
    private readonly factors: Factors,
    private readonly proofs: Proofs,
  ) {}

  @Serves(identity.ChallengePasskey)
  async challenge(
    _: InputOf<typeof identity.ChallengePasskey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ChallengePasskey>> {
    const who = inSession(context);
    const { passkeys: known } = await this.factors.stateOf(who.userId);
    if (known.length === 0) return refuse({ code: 'PasskeyNotFound', details: {} });
    const { challenges, relyingParty } = this.proofs.tools;
    return relyingParty.request(challenges.issue({ purpose: 'show', holder: holderOf(who) }), 'preferred', known);
  }

  @Serves(identity.BeginPasskey)
  async begin({ proof }: InputOf<typeof identity.BeginPasskey>, context: RequestContext): Promise<OutputOf<typeof identity.BeginPasskey>> {
    const who = inSession(context);
    const person = await findById(this.store, who.userId);
    if (!person) return refuse({ code: 'UserNotFound', details: {} });
    const { challenges, relyingParty } = this.proofs.tools;
    return await this.factors.grant(
      who,
      {
        shows: proof && pathOf(proof),
        input: { proof, sessionId: who.sessionId },
        command: async (state, by) => ({
          type: 'BeginPasskey',
          ...by,
          proof: proof ? await this.proofs.read(proof, who, state) : null,
        }),
        // Whoever answers this challenge has shown a second factor for it, where one is owed.
        answer: (_events, { passkeys: known }) => relyingParty.creation(person, challenges.issue(addingIn(who)), known),
      },
      context,
    );
  }

  @Serves(identity.AddPasskey)
  async add(
    { name, passkey }: InputOf<typeof identity.AddPasskey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.AddPasskey>> {
    const who = inSession(context);
    const { challenges, relyingParty, backupCodes } = this.proofs.tools;
    const passkeyId = newId(identity.PasskeyId);
    const { codes, hashes: backupHashes } = backupCodes.issue(who.userId);
    const { challenge = '' } = clientDataOf(passkey.response.clientDataJSON) ?? {};
    return await this.factors.grant(
      who,
      {
        shows: 'passkey',
        sealed: true,
        input: { name, passkey, sessionId: who.sessionId },
        command: async (_state, by) => {
          const answered = challenges.read(challenge, addingIn(who));
          const made = answered && (await relyingParty.made(passkey, challenge));
          return made && { type: 'AddPasskey', ...by, ...made, ...answered, passkeyId, name, backupHashes };
        },
        answer: (events, _after, { at: createdAt }) => ({
          id: passkeyId,
          name,
          createdAt,
          lastUsedAt: null,
          backupCodes: events.some(({ type }) => type === 'BackupCodesIssued') ? [...codes] : null,
        }),
      },
      context,
    );
  }

  @Serves(identity.ListPasskeys)
  async list(
    { limit, cursor }: InputOf<typeof identity.ListPasskeys>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ListPasskeys>> {
    const { userId } = inSession(context);
    const page = await this.store.read(passkeys).page({ where: { userId }, order: { by: ['id'] }, limit, cursor });
    return { ...page, items: page.items.map(({ userId: _, ...passkey }) => passkey) };
  }

  @Serves(identity.RenamePasskey)
  async rename(
    { passkeyId, name }: InputOf<typeof identity.RenamePasskey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RenamePasskey>> {
    const command = async (_: unknown, by: By) => ({ type: 'RenamePasskey', ...by, passkeyId, name }) as const;
    return await this.factors.grant(inSession(context), { input: { passkeyId, name }, command, answer: () => ({}) }, context);
  }

  @Serves(identity.RemovePasskey)
  async remove(
    { passkeyId, proof }: InputOf<typeof identity.RemovePasskey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RemovePasskey>> {
    const who = inSession(context);
    return await this.factors.grant(
      who,
      {
        shows: proof && pathOf(proof),
        input: { passkeyId, proof, sessionId: who.sessionId },
        command: async (state, by) => ({
          type: 'RemovePasskey',
          ...by,
          passkeyId,
          proof: proof ? await this.proofs.read(proof, who, state) : null,
        }),
        answer: () => ({}),
      },
      context,
    );
  }
}
