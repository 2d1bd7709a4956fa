import { identity, UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Command, type Event, OauthGrant } from './oauth-grant.ts';

const at = '2026-01-01T00:00:00.000Z';
const appId = identity.OauthAppId.parse('0199a000-0000-7000-8000-000000000001');
const other = identity.OauthAppId.parse('0199a000-0000-7000-8000-000000000002');
const userId = UserId.parse('0199a000-0000-7000-8000-000000000003');
const stranger = UserId.parse('0199a000-0000-7000-8000-000000000004');
const grant = { grantId: 'g'.repeat(43), appId, userId };
const scopes: identity.OauthScope[] = ['openid', 'runs:read'];
const begin: Command = { type: 'Grant', ...grant, scopes, at };
const granted: Event = { type: 'OauthGranted', data: { ...grant, scopes, at } };
const ended: Event = { type: 'OauthGrantEnded', data: { ...grant, at } };

const { given } = specify(OauthGrant);

describe('what a person lets an application do', () => {
  it('begins once, and again where it becomes more', () => {
    given().when(begin).thenEvents(granted);
    given(granted)
      .when({ ...begin, scopes: ['runs:read', 'openid'] })
      .thenNothing();
    const more: identity.OauthScope[] = [...scopes, 'runs:create'];
    given(granted)
      .when({ ...begin, scopes: more })
      .thenEvents({ type: 'OauthGranted', data: { ...grant, scopes: more, at } });
  });

  it('belongs to that person and that application', () => {
    given(granted)
      .when({ ...begin, userId: stranger })
      .thenRejected('OauthGrantNotFound');
    given(granted)
      .when({ ...begin, appId: other })
      .thenRejected('OauthGrantNotFound');
    given(granted).when({ type: 'End', userId: stranger, at }).thenRejected('OauthGrantNotFound');
  });

  it('ends by them or by the platform, once and for all', () => {
    given(granted).when({ type: 'End', userId, at }).thenEvents(ended);
    given(granted).when({ type: 'End', userId: undefined, at }).thenEvents(ended);
    given(granted, ended).when({ type: 'End', userId, at }).thenNothing();
    given(granted, ended).when(begin).thenRejected('OauthGrantNotFound');
    given().when({ type: 'End', userId: undefined, at }).thenRejected('OauthGrantNotFound');
    given(ended).when({ type: 'End', userId, at }).thenNothing();
  });
});
