import type { identity } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { activeOf } from './answering.ts';
import { type ApiKeyRow, rulesOf } from './api-keys.view.ts';

const secretsOf = ({ hash, userId, formerHash, formerUserId, formerUntil }: ApiKeyRow): identity.KeySecret[] => [
  ...(hash === null ? [] : [{ hash, userId, until: null }]),
  ...(formerHash === null || formerUserId === null ? [] : [{ hash: formerHash, userId: formerUserId, until: formerUntil }]),
];

/**
 * What gateways are told of keys: of one that was revoked or switched off, nothing, nor of a secret that nobody answers for. Time, and who
 * is a member where, they judge by themselves.
 */
export const keySnapshotsOf = async (store: EventStore, rows: readonly ApiKeyRow[]): Promise<readonly identity.KeySnapshot[]> => {
  const live = rows.filter(({ isActive }) => isActive);
  const active = await activeOf(
    store,
    live.flatMap((row) => secretsOf(row).map(({ userId }) => userId)),
  );
  return live.flatMap((row) => {
    const secrets = secretsOf(row).filter(({ userId }) => active.has(userId));
    return secrets.length > 0 ? [{ id: row.id, orgId: row.orgId, secrets, ...rulesOf(row), expiresAt: row.expiresAt }] : [];
  });
};
