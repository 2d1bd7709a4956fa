import { identity } from '@orrery/contracts';
import { eventually, granted, SoftwareAuthenticator, type Twist } from '@orrery/testing';
import { addPasskey, assertionIn, codeOf, IdentityWorld, origin, type Visit } from './identity-world.ts';

let world: IdentityWorld;
beforeAll(async () => {
  world = await IdentityWorld.start();
}, 60_000);
afterAll(() => world?.stop(), 30_000);

type Assertion = Awaited<ReturnType<typeof assertionIn>>;
const show = (visit: Visit, passkey: Assertion) => visit.ask(identity.ShowSecondFactor, { proof: { passkey } });
const stateOf = (visit: Visit) => world.sessions.get(visit.sessionId)?.state;
const begin = async () => granted(await world.ask(identity.BeginPasskeyLogIn, {}));

describe('a passkey', () => {
  it('that is the first second factor brings backup codes, ends other sessions, and is owed from then on', async () => {
    const person = await world.person();
    const [here, there] = [person.visit(await person.logIn()), person.visit(await person.logIn())];
    const added = await addPasskey(here, new SoftwareAuthenticator(origin));
    expect(added).toMatchObject({ name: 'phone', lastUsedAt: null });
    expect(added.backupCodes).toHaveLength(10);
    await eventually(() => expect(stateOf(there)).toBe('revoked'));
    expect((await person.logIn()).secondFactorNeeded).toBe(true);
    expect(await here.get(identity.GetMfa, {})).toMatchObject({
      isEnabled: true,
      passkeys: 1,
      hasAuthenticator: false,
      backupCodesLeft: 10,
    });
  });

  it('is listed, renamed, and removed; the last takes the need for a second factor with it', async () => {
    const { here, authenticator, passkeyId, logIn } = await world.personWithPasskey();
    await here.get(identity.RenamePasskey, { passkeyId, name: 'old phone' });
    expect((await here.get(identity.ListPasskeys, {})).items).toMatchObject([{ id: passkeyId, name: 'old phone', lastUsedAt: null }]);
    granted(await show(here, await assertionIn(here, authenticator)));
    expect((await here.get(identity.ListPasskeys, {})).items).toMatchObject([{ lastUsedAt: expect.any(String) }]);
    expect(codeOf(await here.ask(identity.RemovePasskey, { passkeyId }))).toBe('SecondFactorNotProven');
    await here.get(identity.RemovePasskey, { passkeyId, proof: { passkey: await assertionIn(here, authenticator) } });
    expect((await here.get(identity.ListPasskeys, {})).items).toEqual([]);
    expect((await logIn()).secondFactorNeeded).toBe(false);
  });

  it('of somebody else does not exist', async () => {
    const [ada, grace] = [await world.personWithPasskey(), await world.personWithPasskey()];
    const { passkeyId } = ada;
    expect(codeOf(await grace.here.ask(identity.RenamePasskey, { passkeyId, name: 'mine' }))).toBe('PasskeyNotFound');
    expect(codeOf(await grace.here.ask(identity.RemovePasskey, { passkeyId }))).toBe('PasskeyNotFound');
    const request = await grace.here.get(identity.ChallengePasskey, {});
    expect(codeOf(await show(grace.here, ada.authenticator.get({ ...request, allowCredentials: [] })))).toBe('PasskeyRefused');
  });

  it('belongs to one person, also where it is brought again', async () => {
    const [ada, grace] = [await world.personWithPasskey(), await world.person()];
    const theirs = grace.visit(await grace.logIn());
    const stolen = ada.authenticator.clone();
    const creation = await theirs.get(identity.BeginPasskey, {});
    const passkey = stolen.create(creation);
    granted(await theirs.ask(identity.AddPasskey, { name: 'ring', passkey }));
    expect(codeOf(await theirs.ask(identity.AddPasskey, { name: 'ring', passkey }))).toBe('PasskeyRefused');
    // The credential itself is a claim: an authenticator that made it twice would be refused by whoever came second.
    const proof = { passkey: await assertionIn(ada.here, ada.authenticator) };
    const again = await ada.here.get(identity.BeginPasskey, { proof });
    expect(codeOf(await ada.here.ask(identity.AddPasskey, { name: 'ring', passkey: stolen.recreate(again) }))).toBe('PasskeyAlreadyAdded');
  });

  it('is added with a second factor where there is one, and in the session that began', async () => {
    const { here, authenticator, logIn, visit } = await world.personWithPasskey();
    expect(codeOf(await here.ask(identity.BeginPasskey, {}))).toBe('SecondFactorNotProven');
    const proof = { passkey: await assertionIn(here, authenticator) };
    const creation = await here.get(identity.BeginPasskey, { proof });
    expect(creation.excludeCredentials).toHaveLength(1);
    const there = visit(await logIn());
    granted(await show(there, await assertionIn(there, authenticator)));
    const passkey = new SoftwareAuthenticator(origin).create(creation);
    const whole = visit({ ...(await logIn()), secondFactorNeeded: false });
    expect(codeOf(await whole.ask(identity.AddPasskey, { name: 'ring', passkey }))).toBe('PasskeyRefused');
    expect(await here.get(identity.AddPasskey, { name: 'ring', passkey })).toMatchObject({ name: 'ring', backupCodes: null });
  });

  it.each<[string, Twist]>([
    ['another page', { origin: 'https://evil.example' }],
    ['a frame of another page', { crossOrigin: true }],
  ])('made in %s is refused', async (_, twist) => {
    const person = await world.person();
    const here = person.visit(await person.logIn());
    const passkey = new SoftwareAuthenticator(origin).create(await here.get(identity.BeginPasskey, {}), twist);
    expect(codeOf(await here.ask(identity.AddPasskey, { name: 'phone', passkey }))).toBe('PasskeyRefused');
  });
});

describe('a passkey as second factor', () => {
  it('completes the session whose challenge it signed, by a touch alone', async () => {
    const { authenticator, logIn, visit } = await world.personWithPasskey();
    const [mine, other] = [visit(await logIn()), visit(await logIn())];
    const passkey = authenticator.get(await mine.get(identity.ChallengePasskey, {}), { isVerified: false });
    expect(codeOf(await show(other, passkey))).toBe('PasskeyRefused');
    expect(granted(await show(mine, passkey))).toEqual({ backupCodesLeft: 10 });
    await eventually(() => expect(stateOf(mine)).toBe('complete'));
    expect(stateOf(other)).toBeUndefined();
  });

  it('signs a challenge once, out of 32 at a time', async () => {
    const { here, authenticator } = await world.personWithPasskey();
    const passkey = await assertionIn(here, authenticator);
    const outcomes = await Promise.all(Array.from({ length: 32 }, () => show(here, passkey)));
    const codes = outcomes.map(codeOf);
    expect(codes.filter((code) => code === 'granted')).toHaveLength(1);
    expect(codes.filter((code) => code === 'PasskeyRefused')).toHaveLength(31);
    expect(codeOf(await here.ask(identity.DisableMfa, { proof: { passkey } }))).toBe('PasskeyRefused');
  });

  it('whose counter falls back is refused, and only the log says why', async () => {
    const { here, authenticator } = await world.personWithPasskey();
    const twin = authenticator.clone();
    granted(await show(here, await assertionIn(here, authenticator)));
    granted(await show(here, await assertionIn(here, authenticator)));
    expect(codeOf(await show(here, await assertionIn(here, twin)))).toBe('PasskeyRefused');
    granted(await show(here, await assertionIn(here, authenticator)));
  });

  it('that was made for somebody else is refused', async () => {
    const { here, authenticator } = await world.personWithPasskey();
    const request = await here.get(identity.ChallengePasskey, {});
    const passkey = authenticator.get(request, { userHandle: Buffer.alloc(16, 7).toString('base64url') });
    expect(codeOf(await show(here, passkey))).toBe('PasskeyRefused');
  });

  it('is asked for only where there is one', async () => {
    const { here } = await world.personWithApp();
    expect(codeOf(await here.ask(identity.ChallengePasskey, {}))).toBe('PasskeyNotFound');
  });
});

describe('logging in with a passkey', () => {
  it('needs no password and no second factor', async () => {
    const { userId, email, authenticator, visit } = await world.personWithPasskey();
    const { ticket, options } = await begin();
    expect(options).toMatchObject({ allowCredentials: [], userVerification: 'required', rpId: 'orrery.example.com' });
    const tokens = granted(await world.ask(identity.LogInWithPasskey, { ticket, passkey: authenticator.get(options) }));
    expect(tokens).toMatchObject({ userId, email, secondFactorNeeded: false });
    const { items } = await visit(tokens).get(identity.ListSessions, {});
    expect(items).toContainEqual(expect.objectContaining({ method: 'passkey', secondFactorNeeded: false, isCurrent: true }));
  });

  it.each<[string, Twist]>([
    ['without making sure of its owner', { isVerified: false }],
    ['at another page', { origin: 'https://evil.example' }],
    ['in the name of somebody else', { userHandle: Buffer.alloc(16, 7).toString('base64url') }],
    ['in nobody’s name', { userHandle: '' }],
  ])('is refused %s', async (_, twist) => {
    const { authenticator } = await world.personWithPasskey();
    const { ticket, options } = await begin();
    const { response, ...passkey } = authenticator.get(options, twist);
    const { userHandle, ...rest } = response;
    const input = { ticket, passkey: { ...passkey, response: userHandle === '' ? rest : response } };
    expect(codeOf(await world.ask(identity.LogInWithPasskey, input))).toBe('PasskeyRefused');
  });

  it('is refused in another browser than the one that began, and a second time', async () => {
    const { authenticator } = await world.personWithPasskey();
    const [mine, theirs] = [await begin(), await begin()];
    const passkey = authenticator.get(mine.options);
    expect(codeOf(await world.ask(identity.LogInWithPasskey, { ticket: theirs.ticket, passkey }))).toBe('PasskeyRefused');
    granted(await world.ask(identity.LogInWithPasskey, { ticket: mine.ticket, passkey }));
    expect(codeOf(await world.ask(identity.LogInWithPasskey, { ticket: mine.ticket, passkey }))).toBe('PasskeyRefused');
  });

  it('is refused with what was signed for a session, and a session with what was signed to log in', async () => {
    const { here, authenticator } = await world.personWithPasskey();
    const { ticket, options } = await begin();
    expect(codeOf(await world.ask(identity.LogInWithPasskey, { ticket, passkey: await assertionIn(here, authenticator) }))).toBe(
      'PasskeyRefused',
    );
    expect(codeOf(await show(here, authenticator.get(options)))).toBe('PasskeyRefused');
  });

  it('is refused with a passkey that was removed', async () => {
    const { here, authenticator, passkeyId } = await world.personWithPasskey();
    await here.get(identity.RemovePasskey, { passkeyId, proof: { passkey: await assertionIn(here, authenticator) } });
    const { ticket, options } = await begin();
    expect(codeOf(await world.ask(identity.LogInWithPasskey, { ticket, passkey: authenticator.get(options) }))).toBe('PasskeyRefused');
  });

  it('opens one session for one signature, however often the request comes', async () => {
    const { authenticator } = await world.personWithPasskey();
    const { ticket, options } = await begin();
    const input = { ticket, passkey: authenticator.get(options) };
    const outcomes = await Promise.all(Array.from({ length: 32 }, () => world.ask(identity.LogInWithPasskey, input)));
    expect(outcomes.map(codeOf).filter((code) => code === 'granted')).toHaveLength(1);
  });
});
