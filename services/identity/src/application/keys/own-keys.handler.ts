import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';
import { ApiKeys } from './api-keys.ts';
import { managerOfOwn } from './manager.ts';

@Controller()
export class OwnKeysHandler {
  constructor(
    private readonly store: EventStore,
    private readonly keys: ApiKeys,
  ) {}

  @Serves(identity.CreateMyApiKey)
  async create(wish: InputOf<typeof identity.CreateMyApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.CreateMyApiKey>> {
    return this.keys.create(wish, await managerOfOwn(this.store, context));
  }

  @Serves(identity.ListMyApiKeys)
  async list(input: InputOf<typeof identity.ListMyApiKeys>, context: RequestContext): Promise<OutputOf<typeof identity.ListMyApiKeys>> {
    const { owner } = await managerOfOwn(this.store, context);
    return this.keys.list(owner, input);
  }

  @Serves(identity.UpdateMyApiKey)
  async update(wish: InputOf<typeof identity.UpdateMyApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.UpdateMyApiKey>> {
    return this.keys.update(wish, await managerOfOwn(this.store, context));
  }

  @Serves(identity.ToggleMyApiKey)
  async toggle(
    { keyId }: InputOf<typeof identity.ToggleMyApiKey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ToggleMyApiKey>> {
    return this.keys.toggle(keyId, await managerOfOwn(this.store, context));
  }

  @Serves(identity.RotateMyApiKey)
  async rotate(input: InputOf<typeof identity.RotateMyApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.RotateMyApiKey>> {
    return this.keys.rotate(input, await managerOfOwn(this.store, context));
  }

  @Serves(identity.RevokeMyApiKey)
  async revoke(
    { keyId }: InputOf<typeof identity.RevokeMyApiKey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RevokeMyApiKey>> {
    await this.keys.revoke(keyId, await managerOfOwn(this.store, context));
    return {};
  }
}
