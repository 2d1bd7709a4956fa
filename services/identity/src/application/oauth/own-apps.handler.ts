import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';
import { signedInOf } from '../caller.ts';
import { managerOfOwn } from '../keys/manager.ts';
import { OauthApps } from './oauth-apps.ts';
import { OauthGrants } from './oauth-grants.ts';

/** A person's own applications, and what they let others do. */
@Controller()
export class OwnAppsHandler {
  constructor(
    private readonly store: EventStore,
    private readonly apps: OauthApps,
    private readonly grants: OauthGrants,
  ) {}

  @Serves(identity.CreateMyOauthApp)
  async create(
    wish: InputOf<typeof identity.CreateMyOauthApp>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.CreateMyOauthApp>> {
    return this.apps.create(wish, await managerOfOwn(this.store, context));
  }

  @Serves(identity.ListMyOauthApps)
  async list(input: InputOf<typeof identity.ListMyOauthApps>, context: RequestContext): Promise<OutputOf<typeof identity.ListMyOauthApps>> {
    const { owner } = await managerOfOwn(this.store, context);
    return this.apps.list(owner, input);
  }

  @Serves(identity.UpdateMyOauthApp)
  async update(
    { appId, ...change }: InputOf<typeof identity.UpdateMyOauthApp>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.UpdateMyOauthApp>> {
    return this.apps.update(appId, change, await managerOfOwn(this.store, context));
  }

  @Serves(identity.ResetMyOauthAppSecret)
  async resetSecret(
    { appId }: InputOf<typeof identity.ResetMyOauthAppSecret>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ResetMyOauthAppSecret>> {
    return this.apps.resetSecret(appId, await managerOfOwn(this.store, context));
  }

  @Serves(identity.DeleteMyOauthApp)
  async delete(
    { appId }: InputOf<typeof identity.DeleteMyOauthApp>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.DeleteMyOauthApp>> {
    await this.apps.delete(appId, await managerOfOwn(this.store, context));
    return {};
  }

  @Serves(identity.ListMyOauthGrants)
  listGrants(
    input: InputOf<typeof identity.ListMyOauthGrants>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ListMyOauthGrants>> {
    return this.grants.listOf(signedInOf(context), input);
  }

  @Serves(identity.EndMyOauthGrant)
  async endGrant(
    { grantId }: InputOf<typeof identity.EndMyOauthGrant>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.EndMyOauthGrant>> {
    await this.grants.end(grantId, signedInOf(context), context);
    return {};
  }
}
