import { randomUUID } from 'node:crypto';
import { identity, type Operation, type RequestContext, type RequestOf } from '@orrery/contracts';
import { asOperator, asOwner, asService, contextOf, granted, nobody, SoftwareAuthenticator } from '@orrery/testing';
import { password, Rig, somewhere } from './fixtures/rig.ts';
import { AuthenticatorApp } from './mfa/authenticator-app.ts';

const origin = 'https://orrery.example.com';
const other = 'another long password';

let rig: Rig;
/** The first of all, who has no address. */
let root: identity.SignedIn;
beforeAll(async () => {
  rig = await Rig.start({ ORRERY_PUBLIC_URL: origin });
  root = granted(await rig.ask(identity.SetUp, { username: 'root', password }));
}, 60_000);
afterAll(() => rig?.stop(), 30_000);

/** As soon as they are committed, sent or not; the oldest first. */
const lettersTo = async (to: string) => granted(await rig.ask(identity.ReadOutbox, { to }, contextOf(asService))).items.toReversed();

/** Somebody who is logged in, and what they hear of each thing they do. */
const visitor = async () => {
  const person = await rig.person();
  const { as } = await rig.logIn(person.email);
  const heard = (await lettersTo(person.email)).length;
  return { ...person, as, heardOf: async () => (await lettersTo(person.email)).slice(heard) };
};

/** The same wish twice, with one `Idempotency-Key`. */
const twice = async <X extends Operation>(operation: X, input: RequestOf<X>, context: RequestContext) => {
  const wish = { ...context, idempotent: true };
  const outcome = granted(await rig.ask(operation, input, wish));
  await rig.ask(operation, input, wish);
  return outcome;
};

const subjectsOf = (letters: readonly { readonly subject: string }[]) => letters.map(({ subject }) => subject);

describe('Whoever’s account is opened in another way', () => {
  it('gets one letter about each change of the second factor, however often it was asked for, and no secret in it', async () => {
    const { userId, as, heardOf } = await visitor();
    const offered = granted(await rig.ask(identity.EnrollAuthenticator, {}, as()));
    const app = new AuthenticatorApp(offered.secret);
    await twice(identity.ConfirmAuthenticator, { code: await app.code() }, as());
    const [spent = '', proving = '', ending = ''] = offered.backupCodes;
    const creation = granted(await rig.ask(identity.BeginPasskey, { proof: { code: spent } }, as()));
    const passkey = new SoftwareAuthenticator(origin).create(creation);
    const { id: passkeyId } = await twice(identity.AddPasskey, { name: 'phone', passkey }, as());
    await twice(identity.RemovePasskey, { passkeyId, proof: { code: proving } }, as());
    const { backupCodes } = await twice(identity.RegenerateBackupCodes, { proof: { code: ending } }, as());
    await twice(identity.DisableMfa, { proof: { code: backupCodes[0] ?? '' } }, as());
    const again = granted(await rig.ask(identity.EnrollAuthenticator, {}, as()));
    await twice(identity.ConfirmAuthenticator, { code: await new AuthenticatorApp(again.secret).code() }, as());
    await twice(identity.ResetMfa, { userId }, contextOf(asOperator, { origin: somewhere() }));

    const letters = await heardOf();
    expect(subjectsOf(letters)).toEqual([
      'Your second factor was switched on',
      'A backup code was used',
      'A passkey was added',
      'A passkey was removed',
      'Your backup codes were replaced',
      'Your second factor was switched off',
      'Your second factor was switched on',
      'Your second factor was reset',
    ]);
    expect(letters[0]?.text).toContain(`It came from ${as().origin?.ip}, with "test".`);
    const texts = letters.map(({ text }) => text).join();
    for (const secret of [offered.secret, again.secret, ...offered.backupCodes, ...backupCodes]) expect(texts).not.toContain(secret);
  }, 120_000);

  it('gets one letter about a new password, changed or reset', async () => {
    const { email, as, heardOf } = await visitor();
    await twice(identity.ChangePassword, { currentPassword: password, newPassword: other }, as());
    granted(await rig.ask(identity.RequestPasswordReset, { email }));
    const token = await rig.token(email, 'Choose a new password');
    await twice(identity.ResetPassword, { token, newPassword: password }, contextOf(nobody, { origin: somewhere() }));
    const subjects = subjectsOf(await heardOf()).filter((subject) => subject !== 'Choose a new password');
    expect(subjects).toEqual(['Your password was changed', 'Your password was changed']);
  });

  it('gets one letter about a key of their own and about each new secret of it, without the key, and none about one of an organization', async () => {
    const { as, owner, heardOf } = await visitor();
    const { key, id: keyId } = await twice(identity.CreateMyApiKey, { name: 'laptop' }, as());
    const { key: next } = await twice(identity.RotateMyApiKey, { keyId }, as());
    const shared = await twice(identity.CreateApiKey, { name: 'ci' }, { ...owner, commandId: randomUUID() });
    await twice(identity.RotateApiKey, { keyId: shared.id }, { ...owner, commandId: randomUUID() });
    const letters = await heardOf();
    expect(subjectsOf(letters)).toEqual(['An API key was created', 'An API key got a new secret']);
    expect(letters[1]?.text).not.toContain(next);
    expect(letters[0]?.text).toContain('the API key "laptop" was created');
    expect(letters[0]?.text).not.toContain(key);
  });

  it('gets none without an address', async () => {
    const { id } = root.person;
    granted(await rig.ask(identity.CreateMyApiKey, { name: 'laptop' }, contextOf(asOwner(id))));
    expect((await rig.pool.query('SELECT FROM letters WHERE person = $1', [id])).rowCount).toBe(0);
  });
});
