import { randomUUID } from 'node:crypto';
import { identity } from '@orrery/contracts';
import type { Metadata, Recorded } from '@orrery/kernel';
import { tellingOf } from './telling.ts';

const [orgId, userId, other] = [randomUUID(), randomUUID(), randomUUID()];
const { MemberJoined, SessionOpened, SigningKeyMade } = identity.IdentityEvents;

const recorded = (type: string, data: object, metadata: Partial<Metadata> = {}): Recorded => ({
  id: randomUUID(),
  stream: 's',
  version: 1,
  event: { type, data },
  metadata: { correlationId: 'request', causationId: 'command', actor: 'nobody', ...metadata },
  recordedAt: new Date(0),
  place: { transaction: 0n, position: 0n },
});
const opened = { action: 'session.opened', target: ['session', 'sessionId'], person: 'userId', byThemselves: true } as const;

describe('an event in the audit trail', () => {
  it.each(['user', 'key', 'app', 'agent', 'service', 'operator'])('was made by the %s that its log names', (kind) => {
    const event = recorded('SigningKeyMade', { kid: 'k' }, { actor: `${kind}:${other}` });
    expect(tellingOf(event, { action: 'signing_key.made', target: ['signing-key', 'kid'] }, SigningKeyMade)).toMatchObject({
      actorKind: kind,
      actorId: other,
      targetId: 'k',
      orgId: null,
      person: null,
    });
  });

  it('is of all organizations of a person whom alone it concerns, and made by them where they were not yet known', () => {
    const telling = tellingOf(recorded('SessionOpened', { sessionId: 's', userId }), opened, SessionOpened);
    expect(telling).toMatchObject({ actorKind: 'user', actorId: userId, person: userId, isOfAllTheirs: true, orgId: null });
  });

  it('is made by whoever asked where that is known', () => {
    const telling = tellingOf(recorded('SessionOpened', { sessionId: 's', userId }, { actor: `app:${other}` }), opened, SessionOpened);
    expect(telling).toMatchObject({ actorKind: 'app', actorId: other, awaitsOrigin: true });
  });

  it('is of the organization that it names, and tells only what is not personal', () => {
    const fact = { action: 'member.joined', target: ['user', 'userId'], person: 'userId', details: ['role', 'name'] } as const;
    const metadata = { orgId: other, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const event = recorded('MemberJoined', { orgId, userId, role: 'admin', name: 'Ada' }, metadata);
    const telling = tellingOf(event, fact, { ...MemberJoined, personal: { of: 'userId', fields: ['name'] } });
    expect(telling).toMatchObject({ orgId, person: userId, isOfAllTheirs: false, details: { role: 'admin' }, requestId: 'request' });
    expect(telling.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(telling.details).not.toHaveProperty('name');
  });
});
