import { identity, UserId } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { specify } from '@orrery/testing';
import fc from 'fast-check';
import { type Command, type Event, Session } from './session.ts';

const at = '2026-01-01T00:00:00.000Z';
const expiresAt = '2026-01-31T00:00:00.000Z';
const sessionId = identity.SessionId.parse('0199a000-0000-7000-8000-000000000001');
const userId = UserId.parse('0199a000-0000-7000-8000-000000000002');

const opened: Event = { type: 'SessionOpened', data: { sessionId, userId, refreshHash: 'first', expiresAt, at } };
const refresh = (presentedHash: string, refreshHash = 'next'): Command => ({ type: 'Refresh', presentedHash, refreshHash, expiresAt, at });
const refreshed: Event = { type: 'SessionRefreshed', data: { sessionId, userId, refreshHash: 'next', expiresAt, at } };
const reused: Event = { type: 'SessionRevoked', data: { sessionId, userId, reason: 'refresh-reuse', at } };

const { given } = specify(Session);

describe('a session', () => {
  it('opens once', () => {
    const open: Command = { type: 'Open', sessionId, userId, refreshHash: 'first', expiresAt, at };
    given().when(open).thenEvents(opened);
    given(opened).when(open).thenRejected('SessionAlreadyOpen', {});
  });

  it('is refreshed by its last token', () => {
    given(opened).when(refresh('first')).thenEvents(refreshed);
  });

  it('is revoked when an older token comes again', () => {
    given(opened, refreshed).when(refresh('first')).thenEvents(reused);
  });

  it('refuses everything once revoked', () => {
    given(opened, refreshed, reused).when(refresh('next')).thenRejected('BadRefreshToken', {});
  });

  it('refuses a token past its time', () => {
    given(opened)
      .when({ type: 'Refresh', presentedHash: 'first', refreshHash: 'next', expiresAt, at: expiresAt })
      .thenRejected('BadRefreshToken', {});
  });

  it('ends with a log-out', () => {
    given(opened)
      .when({ type: 'LogOut', presentedHash: 'first', at })
      .thenEvents({ type: 'SessionRevoked', data: { sessionId, userId, reason: 'logout', at } });
  });

  it('lets no token work twice, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 30 }), (presented) => {
        const history: Event[] = [opened];
        const used: string[] = [];
        for (const [index, token] of presented.entries()) {
          const hash = token === 0 ? 'first' : `token-${token}`;
          const decision = Session.decide(refresh(hash, `token-${index + 1}`), fold(Session, history));
          if (!decision.accepted) continue;
          if (decision.events.some(({ type }) => type === 'SessionRefreshed')) used.push(hash);
          history.push(...decision.events);
        }
        expect(new Set(used).size).toBe(used.length);
      }),
    );
  });
});
