import { identity, type OrgId, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { apiKeys } from '../../views/keys/api-keys.view.ts';

/** The organization whose key is asking, which is told of no other that its person is in; undefined for people and their own keys. */
export const orgOfKey = async (store: EventStore, { principal }: RequestContext): Promise<OrgId | undefined> => {
  if (principal.kind !== 'key') return undefined;
  const key = await store.read(apiKeys).one({ id: identity.ApiKeyId.parse(principal.id) });
  return key?.orgId ?? undefined;
};
