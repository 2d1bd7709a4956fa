import type { OrgId, UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';

const batch = 2_000;

/** In batches, so that nobody waits for it. The lines stay, for the bill. */
const forget = async ({ pool }: EventStore, condition: string, value: string): Promise<void> => {
  const text = `
    UPDATE inference_log SET end_user = NULL
    WHERE request_id IN (SELECT request_id FROM inference_log WHERE end_user IS NOT NULL AND ${condition} LIMIT ${batch})`;
  for (let forgotten = batch; forgotten === batch; ) forgotten = (await pool.query(text, [value])).rowCount ?? 0;
};

export const forgetEndUsersIn = (store: EventStore, orgId: OrgId): Promise<void> => forget(store, 'org_id = $1', orgId);

/** Those for whom this person asked. */
export const forgetEndUsersOf = (store: EventStore, userId: UserId): Promise<void> => forget(store, 'user_id = $1', userId);
