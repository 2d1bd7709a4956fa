import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, newId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { mintApiKey } from '@orrery/credentials';
import { EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { ApiKey } from '../domain/api-key.ts';
import { apiKeys } from '../views/api-keys.view.ts';
import { callerOf, orgOf } from './caller.ts';
import { Snapshots } from './snapshots.ts';

const streamOf = (keyId: string): string => `api-key-${keyId}`;

/** The key with which an API key proves that this platform made it. */
export class KeyMac {
  constructor(readonly key: Buffer) {}
}

@Controller()
export class ApiKeysHandler {
  private readonly apiKey;

  constructor(
    private readonly store: EventStore,
    private readonly mac: KeyMac,
    private readonly snapshots: Snapshots,
  ) {
    this.apiKey = handleWith(store, ApiKey, { name: 'api-key' });
  }

  @Serves(identity.CreateApiKey)
  async create(input: InputOf<typeof identity.CreateApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.CreateApiKey>> {
    const orgId = orgOf(context);
    const { name, expiresAt = null } = input;
    const keyId = newId(identity.ApiKeyId);
    const minted = mintApiKey(this.mac.key, keyId);
    const at = instantOf(systemClock.now());
    const { prefix, hash } = minted;
    // A key may do what a member may: it runs things and reads, and never manages keys or people.
    const role = 'member';
    const command = { type: 'Create', keyId, orgId, userId: callerOf(context), name, prefix, hash, role, expiresAt, at } as const;
    const answer = () => ({ id: keyId, orgId, name, prefix, isActive: true, createdAt: at, expiresAt, lastUsedAt: null, key: minted.key });
    const handled = refuse(await this.apiKey(streamOf(keyId), command, context, { input, answer, sealed: true, fresh: true }));
    await this.snapshots.keyChanged(handled.answer.id);
    return handled.answer;
  }

  @Serves(identity.ListApiKeys)
  async list(
    { limit, cursor }: InputOf<typeof identity.ListApiKeys>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ListApiKeys>> {
    const page = await this.store.read(apiKeys).page({ where: { orgId: orgOf(context) }, order: { by: ['id'] }, limit, cursor });
    const items = page.items.map(({ hash: _hash, userId: _user, role: _role, ...key }) => ({ ...key, lastUsedAt: null }));
    return { ...page, items };
  }

  @Serves(identity.RevokeApiKey)
  async revoke({ keyId }: InputOf<typeof identity.RevokeApiKey>, context: RequestContext): Promise<OutputOf<typeof identity.RevokeApiKey>> {
    const command = { type: 'Revoke', orgId: orgOf(context), at: instantOf(systemClock.now()) } as const;
    refuse(await this.apiKey(streamOf(keyId), command, context, { input: { keyId } }));
    await this.snapshots.keyChanged(keyId);
    return {};
  }
}
