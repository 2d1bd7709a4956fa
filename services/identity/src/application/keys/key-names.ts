import type { identity } from '@orrery/contracts';
import { type Claim, commandRow, type EventStore } from '@orrery/event-store';
import { refuse } from '@orrery/messaging';
import type { Event, Owner, State } from '../../domain/keys/api-key.ts';
import { apiKeys, ownedBy } from '../../views/keys/api-keys.view.ts';
import type { ClaimKey } from '../users/claim-key.ts';
import type { Manager } from './manager.ts';

const scope = 'key-name';
export const keyNameTaken = { code: 'KeyNameTaken', details: {} } as const;

const nameIn = (state: State): string | undefined => (state.status === 'Live' ? state.settings.name : undefined);

/** Names that are one key's among those of its owner, where its maker asked for that: as long as it is called so. */
export class KeyNames {
  constructor(
    private readonly store: EventStore,
    private readonly claimKey: ClaimKey,
  ) {}

  /** Keys whose makers did not ask for it hold their names without a claim: they are looked for. */
  async assertFree(name: string, { owner, context }: Manager, keyId?: identity.ApiKeyId): Promise<void> {
    const others = { ...ownedBy(owner), name, revokedAt: null, ...(keyId === undefined ? {} : { id: { not: keyId } }) };
    if ((await this.store.read(apiKeys).count(others)) === 0) return;
    // What is repeated is no other key: it hears the answer of then.
    const { scope: commands, key } = commandRow('api-key', context);
    if (!(await this.store.kept(commands, key))) refuse(keyNameTaken);
  }

  taking(stream: string, owner: Owner, name: string): Claim {
    return { scope, key: this.keyOf(owner, name), take: stream };
  }

  /** Of a key that is called something else from now on, or is no more. */
  releasing(stream: string, owner: Owner) {
    return (_: readonly Event[], { before, after }: { readonly before: State; readonly after: State }): readonly Claim[] => {
      const name = nameIn(before);
      return name === undefined || name === nameIn(after) ? [] : [{ scope, key: this.keyOf(owner, name), release: stream }];
    };
  }

  /** Of a key that is called something else from now on, where nobody else is to be called so. */
  moving(stream: string, owner: Owner) {
    const releases = this.releasing(stream, owner);
    return (events: readonly Event[], states: { readonly before: State; readonly after: State }): readonly Claim[] => {
      const name = nameIn(states.after);
      const isNew = name !== undefined && name !== nameIn(states.before);
      return [...releases(events, states), ...(isNew ? [this.taking(stream, owner, name)] : [])];
    };
  }

  private keyOf(owner: Owner, name: string): string {
    return this.claimKey.ofKeyName('orgId' in owner ? owner.orgId : owner.userId, name);
  }
}
