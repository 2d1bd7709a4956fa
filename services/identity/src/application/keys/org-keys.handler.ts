import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';
import { orgOf } from '../caller.ts';
import { ApiKeys } from './api-keys.ts';
import { managerOfOrg } from './manager.ts';

@Controller()
export class OrgKeysHandler {
  constructor(
    private readonly store: EventStore,
    private readonly keys: ApiKeys,
  ) {}

  @Serves(identity.CreateApiKey)
  async create(
    { org: _, ...wish }: InputOf<typeof identity.CreateApiKey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.CreateApiKey>> {
    return this.keys.create(wish, await managerOfOrg(this.store, context));
  }

  @Serves(identity.ListApiKeys)
  async list(input: InputOf<typeof identity.ListApiKeys>, context: RequestContext): Promise<OutputOf<typeof identity.ListApiKeys>> {
    return this.keys.list({ orgId: orgOf(context) }, input);
  }

  @Serves(identity.GetApiKey)
  async get({ keyId }: InputOf<typeof identity.GetApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.GetApiKey>> {
    return this.keys.get(keyId, { orgId: orgOf(context) });
  }

  @Serves(identity.UpdateApiKey)
  async update(
    { org: _, ...wish }: InputOf<typeof identity.UpdateApiKey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.UpdateApiKey>> {
    return this.keys.update(wish, await managerOfOrg(this.store, context));
  }

  @Serves(identity.ToggleApiKey)
  async toggle({ keyId }: InputOf<typeof identity.ToggleApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.ToggleApiKey>> {
    return this.keys.toggle(keyId, await managerOfOrg(this.store, context));
  }

  @Serves(identity.RotateApiKey)
  async rotate(input: InputOf<typeof identity.RotateApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.RotateApiKey>> {
    return this.keys.rotate(input, await managerOfOrg(this.store, context));
  }

  @Serves(identity.RevokeApiKey)
  async revoke({ keyId }: InputOf<typeof identity.RevokeApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.RevokeApiKey>> {
    await this.keys.revoke(keyId, await managerOfOrg(this.store, context));
    return {};
  }
}
