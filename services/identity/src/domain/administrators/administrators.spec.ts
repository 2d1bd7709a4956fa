import { UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { Administrators, type Event } from './administrators.ts';

const at = '2026-01-02T03:04:05.678Z';
const ada = UserId.parse('0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01');
const bob = UserId.parse('0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a02');
const appointed = (userId: UserId): Event => ({ type: 'AdministratorAppointed', data: { userId, at } });
const dismissed = (userId: UserId): Event => ({ type: 'AdministratorDismissed', data: { userId, reason: 'dismissed', at } });
const { given } = specify(Administrators);

describe('The administrators', () => {
  it('have a first', () => {
    given().when({ type: 'AppointFirst', userId: ada, at }).thenEvents(appointed(ada));
  });

  it('have one first and no other, whatever became of it', () => {
    given(appointed(ada)).when({ type: 'AppointFirst', userId: bob, at }).thenRejected('AlreadySetUp');
    given(appointed(ada), dismissed(ada)).when({ type: 'AppointFirst', userId: bob, at }).thenRejected('AlreadySetUp');
  });

  it('are appointed once', () => {
    given(appointed(ada)).when({ type: 'Appoint', userId: bob, at }).thenEvents(appointed(bob));
    given(appointed(ada)).when({ type: 'Appoint', userId: ada, at }).thenNothing();
  });

  it('are dismissed down to the last', () => {
    given(appointed(ada), appointed(bob)).when({ type: 'Dismiss', userId: ada, reason: 'dismissed', at }).thenEvents(dismissed(ada));
    given(appointed(ada), appointed(bob), dismissed(ada))
      .when({ type: 'Dismiss', userId: bob, reason: 'account-closed', at })
      .thenRejected('LastAdministrator');
  });

  it('are not those who never were', () => {
    given(appointed(ada)).when({ type: 'Dismiss', userId: bob, reason: 'account-deleted', at }).thenNothing();
    given(appointed(ada)).when({ type: 'Forget', userId: bob, reason: 'account-deleted', at }).thenNothing();
  });

  it.each(['account-closed', 'account-deleted'] as const)('are not those whose account is no more (%s), whoever is left', (reason) => {
    given(appointed(ada))
      .when({ type: 'Forget', userId: ada, reason, at })
      .thenEvents({ type: 'AdministratorDismissed', data: { userId: ada, reason, at } });
  });
});
