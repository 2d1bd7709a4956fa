import { identity, newId, OrgId, UserId } from '@orrery/contracts';
import { deviceOf } from './device.ts';
import { noticeOf, type Scene } from './notices.ts';

type Event = identity.IdentityEvent;

const at = '2026-01-02T03:04:05.678Z';
const userId = newId(UserId);
const passkeyId = newId(identity.PasskeyId);
const enrolmentId = newId(identity.EnrolmentId);
const publicUrl = 'https://orrery.example.com';
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const here: Scene = { by: 'person', network: '198.51.100.7', userAgent: firefox };

const enabled: Event = { type: 'MfaEnabled', data: { userId, by: 'authenticator', at } };
const disabled: Event = { type: 'MfaDisabled', data: { userId, at } };
const confirmed: Event = { type: 'AuthenticatorConfirmed', data: { userId, enrolmentId, at } };
const issued: Event = { type: 'BackupCodesIssued', data: { userId, count: 10, at } };
const hashed: Event = { type: 'BackupCodesHashed', data: { userId, hashes: ['a-hash-of-a-code'], at } };
const added = (name: string): Event => ({ type: 'PasskeyAdded', data: { userId, passkeyId, name, at } });
const removed: Event = { type: 'PasskeyRemoved', data: { userId, passkeyId, at } };
const used: Event = { type: 'BackupCodeUsed', data: { userId, remaining: 0, at } };
const identityId = newId(identity.LinkedIdentityId);
const rotated = (orgId: OrgId | null): Event => {
  return { type: 'ApiKeyRotated', data: { keyId: newId(identity.ApiKeyId), orgId, userId, scopes: null, formerUntil: null, at } };
};
const changed: Event = { type: 'PasswordChanged', data: { userId, reason: 'changed', at } };

/** Given facts of one moment, when they are told of in a scene, then this is the letter. */
const given = (...events: readonly Event[]) => ({
  when: (scene: Scene) => {
    const letter = noticeOf(events, { to: 'ada@example.com', publicUrl }, scene);
    return {
      thenSubject: (subject: string) => expect(letter?.subject).toBe(subject),
      thenText: (text: string) => expect(letter?.text).toContain(text),
      thenNeverText: (text: string) => expect(letter?.text).not.toContain(text),
      thenNothing: () => expect(letter).toBeUndefined(),
    };
  },
});

describe('the letter about how an account is opened', () => {
  it.each<[string, readonly Event[]]>([
    ['Your second factor was switched on', [confirmed, issued, hashed, enabled]],
    ['Your second factor was switched on', [added('phone'), issued, { type: 'MfaEnabled', data: { userId, by: 'passkey', at } }]],
    ['Your second factor was switched off', [removed, disabled]],
    ['Another authenticator app is in force', [confirmed, issued]],
    ['A passkey was added', [added('phone')]],
    ['A passkey was removed', [removed]],
    ['Your backup codes were replaced', [issued, hashed]],
    ['Your password was changed', [changed]],
    ['A passkey was removed', [used, removed]],
    ['A backup code was used', [used]],
    ['A way to sign in was removed', [{ type: 'IdentityUnlinked', data: { userId, identityId, issuer: 'https://id.example', at } }]],
    ['An API key got a new secret', [rotated(null)]],
  ])('"%s" is one, whatever happens with it', (subject, events) =>
    given(...events)
      .when(here)
      .thenSubject(subject),
  );

  it('says when, from where, with what, and what to do', () => {
    const told = given(issued).when(here);
    told.thenText('At 2026-01-02 03:04 UTC new backup codes were made for your account');
    told.thenText('\nIt came from 198.51.100.7, with Firefox on Linux.\n');
    told.thenText(`\n\nIf it was not you, choose a new password at once, and make new ones again:\n${publicUrl}/reset-password\n`);
  });

  it('says how many backup codes are left', () => {
    given(used).when(here).thenText('None is left.');
    given({ type: 'BackupCodeUsed', data: { userId, remaining: 9, at } })
      .when(here)
      .thenText('Left are 9.');
  });

  it('says so where the request came from nowhere', () =>
    given(changed).when({ by: 'person', network: undefined, userAgent: undefined }).thenText('It came from an unknown network.'));

  it('tells of an operator, and not from where they work', () => {
    const told = given(removed, disabled).when({ by: 'operator' });
    told.thenSubject('Your second factor was reset');
    told.thenText('\nThose who run this platform did it.\n\nIf you did not ask for it,');
  });

  it('tells of no codes and hashes', () => given(issued, hashed).when(here).thenNeverText('a-hash-of-a-code'));

  it('is none about what changes nothing of it', () => {
    given({ type: 'PasskeyRenamed', data: { userId, passkeyId, name: 'x', at } })
      .when(here)
      .thenNothing();
    given(rotated(newId(OrgId)))
      .when(here)
      .thenNothing();
    given().when(here).thenNothing();
  });

  it.each(['phone\n\nDear customer', 'https://evil.example/login'])('lets nobody write it with a name like %j', (name) => {
    const told = given(added(name)).when(here);
    told.thenNeverText(name);
    told.thenText('the passkey "');
  });
});

describe('a device', () => {
  it.each([
    [firefox, 'Firefox on Linux'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1', 'Safari on an iPhone'],
    ['Mozilla/5.0 Chrome/140.0', 'Chrome'],
    ['curl/8.5.0', '"curl"'],
    ['evil.example\nDear customer', '"evil. example"'],
  ])('%j is called %s', (userAgent, name) => expect(deviceOf(userAgent)).toBe(name));
});
