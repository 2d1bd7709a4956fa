import { type InputOf, identity, instantOf, newId } from '@orrery/contracts';
import { type MintedApiKey, mintApiKey } from '@orrery/credentials';
import { type CommandContext, type EventStore, handleWith, type PageOf } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { ApiKey, type Owner, type Settings } from '../../domain/keys/api-key.ts';
import { answeredFor } from '../../views/keys/answering.ts';
import { type ApiKeyRow, apiKeys, ownedBy, shownKey } from '../../views/keys/api-keys.view.ts';
import type { Notices } from '../mail/notices.ts';
import type { Snapshots } from '../snapshots.ts';
import { assertSpaceOf } from '../spaces/space-of-key.ts';
import { within } from '../together.ts';
import type { KeyMac } from './key-mac.ts';
import { type KeyNames, keyNameTaken } from './key-names.ts';
import type { KeyUses } from './key-uses.ts';
import type { Manager } from './manager.ts';

type Wish = InputOf<typeof identity.CreateMyApiKey>;
type Renaming = InputOf<typeof identity.UpdateMyApiKey>;
type Rotation = InputOf<typeof identity.RotateMyApiKey>;
type Listing = InputOf<typeof identity.ListMyApiKeys>;

const streamOf = (keyId: string): string => `api-key-${keyId}`;
const notFound = { code: 'ApiKeyNotFound', details: {} } as const;
/** Every gateway holds all of them in memory. */
const mostKeys = 1_000;
const secondMs = 1_000;
const atOnce = 200;

const settingsOf = (wish: Wish): Settings => {
  const { name, description = null, scopes = null, models = null, addresses = null, expiresAt = null } = wish;
  const { monthlyTokens = null, monthlySpend = null, spaceId = null } = wish;
  return { name, description, isActive: true, scopes, models, addresses, monthlyTokens, monthlySpend, spaceId, expiresAt };
};

export interface ApiKeyParts {
  readonly store: EventStore;
  readonly mac: KeyMac;
  readonly names: KeyNames;
  readonly snapshots: Snapshots;
  readonly uses: KeyUses;
  readonly notices: Notices;
}

/** The life of API keys, an organization's and people's own. What changes is told to every gateway before it is answered. */
export class ApiKeys {
  private readonly apiKey;

  constructor(private readonly parts: ApiKeyParts) {
    this.apiKey = handleWith(parts.store, ApiKey, { name: 'api-key' });
  }

  async create(wish: Wish, manager: Manager): Promise<identity.ShownApiKey> {
    const { owner, userId, held, context } = manager;
    const count = await this.parts.store.read(apiKeys).count({ ...ownedBy(owner), revokedAt: null });
    if (count >= mostKeys) refuse({ code: 'TooManyApiKeys', details: { limit: mostKeys } });
    if (wish.isNameUnique) await this.parts.names.assertFree(wish.name, manager);
    await assertSpaceOf(this.parts.store, wish.spaceId, owner);
    const keyId = newId(identity.ApiKeyId);
    const { key, prefix, hash } = this.mint(keyId, wish.form);
    const who = { keyId, orgId: 'orgId' in owner ? owner.orgId : null, userId, form: wish.form, prefix };
    const command = { type: 'Create', ...who, hash, settings: settingsOf(wish), held, at: now() } as const;
    const stream = streamOf(keyId);
    const tell = await this.parts.notices.of(userId, context);
    const made = refuse(
      await this.apiKey(stream, command, context, {
        input: wish,
        answer: () => ({ keyId, key }),
        sealed: true,
        fresh: true,
        writes: tell,
        claims: () => (wish.isNameUnique ? [this.parts.names.taking(stream, owner, wish.name)] : []),
        taken: () => keyNameTaken,
      }),
    ).answer;
    this.parts.notices.collect();
    return { ...(await this.told(made.keyId, owner)), key: made.key };
  }

  async list(owner: Owner, { limit, cursor, include }: Listing): Promise<PageOf<identity.ApiKeyView>> {
    const where = { ...ownedBy(owner), ...(include === 'revoked' ? {} : { revokedAt: null }) };
    const page = await this.parts.store.read(apiKeys).page({ where, order: { by: ['id'] }, limit, cursor });
    return { ...page, items: await this.shown(page.items) };
  }

  async get(id: identity.ApiKeyId, owner: Owner): Promise<identity.ApiKeyView> {
    const [shown] = await this.shown([await this.find(id, owner)]);
    return shown ?? refuse(notFound);
  }

  async update({ keyId, isNameUnique, ...change }: Renaming, manager: Manager): Promise<identity.ApiKeyView> {
    const { owner, held, context } = manager;
    const { store, names } = this.parts;
    if (isNameUnique && change.name !== undefined) await names.assertFree(change.name, manager, keyId);
    await assertSpaceOf(store, change.spaceId, owner);
    const command = { type: 'Update', owner, change, held, at: now() } as const;
    const stream = streamOf(keyId);
    const claims = isNameUnique ? names.moving(stream, owner) : names.releasing(stream, owner);
    refuse(await this.apiKey(stream, command, context, { input: { keyId, isNameUnique, change }, claims, taken: () => keyNameTaken }));
    return this.told(keyId, owner);
  }

  async toggle(keyId: identity.ApiKeyId, { owner, context }: Manager): Promise<identity.ApiKeyView> {
    refuse(await this.apiKey(streamOf(keyId), { type: 'Toggle', owner, at: now() }, context, { input: { toggle: keyId } }));
    return this.told(keyId, owner);
  }

  async rotate({ keyId, overlapSeconds }: Rotation, { owner, userId, held, context }: Manager): Promise<identity.ShownApiKey> {
    const { form } = await this.find(keyId, owner);
    const { key, hash } = this.mint(keyId, form);
    const at = systemClock.now();
    const times = { at: instantOf(at), formerUntil: instantOf(at + overlapSeconds * secondMs) };
    const command = { type: 'Rotate', owner, userId, hash, held, ...times } as const;
    const writes = await this.parts.notices.of(userId, context);
    const options = { input: { keyId, overlapSeconds }, answer: () => key, sealed: true, writes };
    const made = refuse(await this.apiKey(streamOf(keyId), command, context, options));
    this.parts.notices.collect();
    return { ...(await this.told(keyId, owner)), key: made.answer };
  }

  async revoke(keyId: identity.ApiKeyId, { owner, context }: Pick<Manager, 'owner' | 'context'>): Promise<void> {
    const stream = streamOf(keyId);
    refuse(
      await this.apiKey(stream, { type: 'Revoke', owner, at: now() }, context, {
        input: { revoke: keyId },
        claims: this.parts.names.releasing(stream, owner),
      }),
    );
    await this.parts.snapshots.keyChanged(keyId);
  }

  /** All that are left, where their owner ends. */
  async revokeAllOf(owner: Owner, context: CommandContext): Promise<void> {
    for (;;) {
      const where = { ...ownedBy(owner), revokedAt: null };
      const left = await this.parts.store.read(apiKeys).list({ where, order: { by: ['id'] }, limit: atOnce });
      if (left.length === 0) return;
      for (const { id } of left) await this.revoke(id, { owner, context: within(context, id) });
    }
  }

  private mint(keyId: identity.ApiKeyId, form: identity.ApiKeyForm): MintedApiKey {
    return mintApiKey(this.parts.mac.key, keyId, form);
  }

  private async shown(rows: readonly ApiKeyRow[]): Promise<identity.ApiKeyView[]> {
    const [used, answered] = await Promise.all([this.parts.uses.of(rows.map(({ id }) => id)), answeredFor(this.parts.store, rows)]);
    return rows.map((row, index) => shownKey(row, { lastUsedAt: used.get(row.id) ?? null, isAnsweredFor: answered[index] ?? false }));
  }

  private async find(id: identity.ApiKeyId, owner: Owner): Promise<ApiKeyRow> {
    const row = await this.parts.store.read(apiKeys).one({ id, ...ownedBy(owner) });
    return row ?? refuse(notFound);
  }

  /** What it is now, after every gateway was told. */
  private async told(keyId: identity.ApiKeyId, owner: Owner): Promise<identity.ApiKeyView> {
    await this.parts.snapshots.keyChanged(keyId);
    return this.get(keyId, owner);
  }
}

const now = (): string => instantOf(systemClock.now());
