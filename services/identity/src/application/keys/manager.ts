import { identity, type Permission, permissionsOf, type RequestContext, type UserId } from '@orrery/contracts';
import type { CommandContext, EventStore } from '@orrery/event-store';
import { refuse } from '@orrery/messaging';
import type { Owner } from '../../domain/keys/api-key.ts';
import { isNarrow } from '../../domain/keys/grant.ts';
import { apiKeys } from '../../views/keys/api-keys.view.ts';
import { callerOf, orgOf } from '../caller.ts';

/** Who looks after keys, and whose keys they are. */
export interface Manager {
  readonly owner: Owner;
  readonly userId: UserId;
  /** What they may give away; null where that is judged at each use of the key. */
  readonly held: readonly Permission[] | null;
  readonly context: CommandContext;
}

const tooNarrow = { code: 'KeyMayNotManageKeys', details: {} } as const;

/**
 * A key whose rules a new one would not have could get rid of them by making one. A person's own keys are managed by none that its
 * scopes narrow, for no permission says anything of these keys.
 */
const assertMayManage = async (store: EventStore, { principal }: RequestContext, isPersonal: boolean): Promise<void> => {
  // What a person let an application do does not outlive the letting.
  if (principal.kind === 'app') refuse(tooNarrow);
  if (principal.kind !== 'key') return;
  const key = await store.read(apiKeys).one({ id: identity.ApiKeyId.parse(principal.id) });
  if (!key || isNarrow(key) || (isPersonal && (key.orgId !== null || key.scopes !== null))) refuse(tooNarrow);
};

/** Looks after the keys of an organization: the access of the operation has judged whether they may. */
export const managerOfOrg = async (store: EventStore, context: RequestContext): Promise<Manager> => {
  await assertMayManage(store, context, false);
  const { principal } = context;
  const held = permissionsOf(principal);
  return { owner: { orgId: orgOf(context) }, userId: callerOf(context), held, context };
};

/** Looks after their own keys, which belong to no organization: nor do the facts about them. */
export const managerOfOwn = async (store: EventStore, context: RequestContext): Promise<Manager> => {
  await assertMayManage(store, context, true);
  const { principal } = context;
  const userId = callerOf(context);
  const { orgId: _, ...own } = context;
  return { owner: { userId }, userId, held: principal.kind === 'key' ? principal.permissions : null, context: own };
};
