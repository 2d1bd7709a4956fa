import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';
import { orgOf } from '../caller.ts';
import { managerOfOrg } from '../keys/manager.ts';
import { OauthApps } from './oauth-apps.ts';

@Controller()
export class OrgAppsHandler {
  constructor(
    private readonly store: EventStore,
    private readonly apps: OauthApps,
  ) {}

  @Serves(identity.CreateOauthApp)
  async create(
    { org: _, ...wish }: InputOf<typeof identity.CreateOauthApp>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.CreateOauthApp>> {
    return this.apps.create(wish, await managerOfOrg(this.store, context));
  }

  @Serves(identity.ListOauthApps)
  list(input: InputOf<typeof identity.ListOauthApps>, context: RequestContext): Promise<OutputOf<typeof identity.ListOauthApps>> {
    return this.apps.list({ orgId: orgOf(context) }, input);
  }

  @Serves(identity.UpdateOauthApp)
  async update(
    { org: _, appId, ...change }: InputOf<typeof identity.UpdateOauthApp>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.UpdateOauthApp>> {
    return this.apps.update(appId, change, await managerOfOrg(this.store, context));
  }

  @Serves(identity.ResetOauthAppSecret)
  async resetSecret(
    { appId }: InputOf<typeof identity.ResetOauthAppSecret>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ResetOauthAppSecret>> {
    return this.apps.resetSecret(appId, await managerOfOrg(this.store, context));
  }

  @Serves(identity.DeleteOauthApp)
  async delete(
    { appId }: InputOf<typeof identity.DeleteOauthApp>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.DeleteOauthApp>> {
    await this.apps.delete(appId, await managerOfOrg(this.store, context));
    return {};
  }
}
