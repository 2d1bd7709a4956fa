import { randomUUID } from 'node:crypto';
import { instantOf, type RequestContext } from '@orrery/contracts';
import { type EventStore, erasePerson } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { invites } from '../../views/invites.view.ts';
import type { Chore } from '../chores.ts';
import { within } from '../together.ts';
import type { Invites } from './invites.ts';

const everyMs = 600_000;
const atOnce = 100;
const dayMs = 86_400_000;
/** Whom an invite was for matters as long as somebody may ask what became of it. */
const rememberedDays = 90;
/** What stands where an address stood. */
const forgotten = '[erased]';
const byId = { by: ['id'] } as const;

const byItself = (): RequestContext => {
  const id = randomUUID();
  return {
    principal: { kind: 'service', name: 'identity' },
    commandId: id,
    idempotent: false,
    correlationId: id,
    causationId: id,
    deadlineAt: systemClock.now() + everyMs,
  };
};

/** Notes which invites time has ended, so that they hold no address any more; and forgets whom those were for that ended long ago. */
export const forgetInvites = (store: EventStore, desk: Invites): Chore => ({
  everyMs,
  work: async () => {
    const now = systemClock.now();
    const reader = store.read(invites);
    const late = await reader.list({ where: { status: 'pending', expiresAt: { lt: instantOf(now) } }, order: byId, limit: atOnce });
    const context = byItself();
    for (const { id, orgId } of late) await desk.expire(id, within({ ...context, orgId }, id));
    const longAgo = { endedAt: { lt: instantOf(now - rememberedDays * dayMs) }, email: { not: forgotten } };
    const old = await reader.list({ where: longAgo, order: byId, limit: atOnce });
    if (old.length > 0) await erasePerson(store, ...old.map(({ id }) => id));
  },
});
