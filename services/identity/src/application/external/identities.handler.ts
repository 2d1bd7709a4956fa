import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { linkedIdentities } from '../../views/external/linked-identities.view.ts';
import { findById } from '../../views/people.view.ts';
import { callerOf } from '../caller.ts';
import { inSession } from '../mfa/in-session.ts';
import { Issuers } from './issuers.ts';
import { LinkedAccounts } from './linked-accounts.ts';

@Controller()
export class IdentitiesHandler {
  constructor(
    private readonly store: EventStore,
    private readonly issuers: Issuers,
    private readonly linked: LinkedAccounts,
  ) {}

  @Serves(identity.ListMyIdentities)
  async list(
    { limit, cursor }: InputOf<typeof identity.ListMyIdentities>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ListMyIdentities>> {
    const where = { userId: callerOf(context) };
    const page = await this.store.read(linkedIdentities).page({ where, order: { by: ['id'] }, limit, cursor });
    return { ...page, items: page.items.map(({ userId: _, ...shown }) => ({ ...shown, name: this.issuers.nameOf(shown.issuer) })) };
  }

  @Serves(identity.UnlinkIdentity)
  async unlink(
    { identityId }: InputOf<typeof identity.UnlinkIdentity>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.UnlinkIdentity>> {
    const by = inSession(context);
    const person = (await findById(this.store, by.userId)) ?? refuse({ code: 'UserNotFound', details: {} });
    await this.linked.unlink(person, identityId, by, context);
    return {};
  }
}
