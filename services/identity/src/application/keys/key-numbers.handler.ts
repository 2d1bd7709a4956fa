import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { apiKeys } from '../../views/keys/api-keys.view.ts';
import { orgOf } from '../caller.ts';
import { Numbers } from '../people/numbers.ts';
import { managerOfOrg } from './manager.ts';

const notFound = { code: 'ApiKeyNotFound', details: {} } as const;

/** Keys of an organization by numbers. Those of others, and those that were revoked, are as if they were not. */
@Controller()
export class KeyNumbersHandler {
  private readonly numbers: Numbers;

  constructor(private readonly store: EventStore) {
    this.numbers = new Numbers(store);
  }

  @Serves(identity.NumberApiKeys)
  async number(
    { keyIds }: InputOf<typeof identity.NumberApiKeys>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.NumberApiKeys>> {
    const where = { id: { in: keyIds }, orgId: orgOf(context) };
    const known = keyIds.length === 0 ? 0 : await this.store.read(apiKeys).count(where);
    if (known !== new Set(keyIds).size) refuse(notFound);
    const numbers = await this.numbers.of('api-key', keyIds);
    return { items: keyIds.map((keyId) => ({ keyId, number: numbers.get(keyId) ?? refuse(notFound) })) };
  }

  @Serves(identity.FindApiKey)
  async find({ number }: InputOf<typeof identity.FindApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.FindApiKey>> {
    const id = identity.ApiKeyId.safeParse(await this.numbers.idOf('api-key', number));
    const row = id.success ? await this.store.read(apiKeys).one({ id: id.data, orgId: orgOf(context), revokedAt: null }) : undefined;
    return row ? { keyId: row.id } : refuse(notFound);
  }

  @Serves(identity.FindManagedApiKey)
  async findManaged(
    input: InputOf<typeof identity.FindManagedApiKey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.FindManagedApiKey>> {
    await managerOfOrg(this.store, context);
    return await this.find(input, context);
  }
}
