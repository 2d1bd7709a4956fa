import { identity, UserId } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { lawsOf, specify } from '@orrery/testing';
import fc from 'fast-check';
import { type Command, type Event, Session } from './session.ts';

const at = '2026-01-01T00:00:00.000Z';
const expiresAt = '2026-01-31T00:00:00.000Z';
const soon = '2026-01-01T00:15:00.000Z';
const sessionId = identity.SessionId.parse('0199a000-0000-7000-8000-000000000001');
const userId = UserId.parse('0199a000-0000-7000-8000-000000000002');
const stranger = UserId.parse('0199a000-0000-7000-8000-000000000003');

const origin = { method: 'password', ip: '192.0.2.1', userAgent: 'curl/8' } as const;
const open = (owesSecondFactor: boolean, until: string): Command => ({
  type: 'Open',
  sessionId,
  userId,
  ...origin,
  owesSecondFactor,
  refreshHash: 'first',
  expiresAt: until,
  at,
});
const opening = (owesSecondFactor: boolean, until: string): readonly Event[] => [
  { type: 'SessionOpened', data: { sessionId, userId, ...origin, owesSecondFactor, expiresAt: until, at } },
  { type: 'RefreshTokenIssued', data: { sessionId, userId, refreshHash: 'first', expiresAt: until, at } },
];
const opened = opening(false, expiresAt);
const pending = opening(true, soon);
const refresh = (presentedHash: string, refreshHash = 'next'): Command => ({ type: 'Refresh', presentedHash, refreshHash, expiresAt, at });
const issued = (until = expiresAt): Event => ({
  type: 'RefreshTokenIssued',
  data: { sessionId, userId, refreshHash: 'next', expiresAt: until, at },
});
const revoked = (reason: identity.SessionEnd): Event => ({ type: 'SessionRevoked', data: { sessionId, userId, reason, at } });
const complete = (by = userId, when = at): Command => ({ type: 'Complete', userId: by, expiresAt, at: when });
const completed: Event = { type: 'SessionCompleted', data: { sessionId, userId, expiresAt, at } };
const revoke = (by = userId): Command => ({ type: 'Revoke', userId: by, reason: 'revoked', at });

const { given } = specify(Session);

describe('a session', () => {
  it('opens once', () => {
    given()
      .when(open(false, expiresAt))
      .thenEvents(...opened);
    given(...opened)
      .when(open(false, expiresAt))
      .thenRejected('SessionAlreadyOpen', {});
  });

  it('is refreshed by its last token', () => {
    given(...opened)
      .when(refresh('first'))
      .thenEvents(issued());
  });

  it('is revoked when an older token comes again', () => {
    given(...opened, issued())
      .when(refresh('first'))
      .thenEvents(revoked('refresh-reuse'));
  });

  it('refuses every token once revoked', () => {
    given(...opened, issued(), revoked('refresh-reuse'))
      .when(refresh('next'))
      .thenRejected('BadRefreshToken', {});
  });

  it('refuses a token past its time', () => {
    given(...opened)
      .when({ type: 'Refresh', presentedHash: 'first', refreshHash: 'next', expiresAt, at: expiresAt })
      .thenRejected('BadRefreshToken', {});
  });

  it('ends with a log-out', () => {
    given(...opened)
      .when({ type: 'LogOut', presentedHash: 'first', at })
      .thenEvents(revoked('logout'));
  });

  it('is ended by its own person alone, and once', () => {
    given(...opened)
      .when(revoke())
      .thenEvents(revoked('revoked'));
    given(...opened, revoked('logout'))
      .when(revoke())
      .thenNothing();
    for (const history of [[], opened])
      given(...history)
        .when(revoke(stranger))
        .thenRejected('SessionNotFound', {});
  });

  it('lets no token work twice, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 30 }), (presented) => {
        const history: Event[] = [...opened];
        const used: string[] = [];
        for (const [index, token] of presented.entries()) {
          const hash = token === 0 ? 'first' : `token-${token}`;
          const decision = Session.decide(refresh(hash, `token-${index + 1}`), fold(Session, history));
          if (!decision.accepted) continue;
          if (decision.events.some(({ type }) => type === 'RefreshTokenIssued')) used.push(hash);
          history.push(...decision.events);
        }
        expect(new Set(used).size).toBe(used.length);
      }),
    );
  });
});

describe('a session that owes a second factor', () => {
  it('is complete when its person has shown it, once', () => {
    given(...pending)
      .when(complete())
      .thenEvents(completed);
    given(...pending, completed)
      .when(complete())
      .thenNothing();
    given(...pending)
      .when(complete(stranger))
      .thenRejected('SessionNotFound', {});
  });

  it('cannot be completed too late, or after its end', () => {
    given(...pending)
      .when(complete(userId, soon))
      .thenRejected('SessionNotFound', {});
    given(...pending, revoked('logout'))
      .when(complete())
      .thenRejected('SessionNotFound', {});
  });

  it('lives no longer by being refreshed', () => {
    given(...pending)
      .when(refresh('first'))
      .thenEvents(issued(soon));
    given(...pending, completed)
      .when(refresh('first'))
      .thenEvents(issued(expiresAt));
  });

  it('never forgets what it owes, whatever happens but the factor', () => {
    const others = fc.constantFrom<Command>(refresh('first', 'first'), open(false, expiresAt), complete(stranger), revoke(stranger));
    fc.assert(
      fc.property(fc.array(others, { maxLength: 20 }), (commands) => {
        const history: Event[] = [...pending];
        for (const command of commands) {
          const decision = Session.decide(command, fold(Session, history));
          if (decision.accepted) history.push(...decision.events);
        }
        expect(fold(Session, history)).toMatchObject({ status: 'Open', owesSecondFactor: true, expiresAt: soon });
      }),
    );
  });
});

describe('the laws', () => {
  const commands = fc.constantFrom<Command>(
    open(true, soon),
    open(false, expiresAt),
    refresh('first'),
    refresh('next', 'other'),
    { type: 'LogOut', presentedHash: 'first', at },
    complete(),
    complete(stranger),
    revoke(),
    revoke(stranger),
  );
  it.each(lawsOf(Session, commands, { isRepeatable: ({ type }) => type === 'Refresh' || type === 'LogOut' }))('$name', ({ check }) =>
    check(),
  );
});
