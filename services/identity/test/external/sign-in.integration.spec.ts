import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { identity } from '@orrery/contracts';
import { contextOf, eventually, granted } from '@orrery/testing';
import { startNeighbours } from '../fixtures/neighbours.ts';
import { refusalOf } from '../fixtures/people.ts';
import { asUser, claimsOf, password } from '../fixtures/rig.ts';
import { AuthenticatorApp } from '../mfa/authenticator-app.ts';
import { consoleUrl, publicUrl, SignInWorld, somebody } from './sign-in-world.ts';

/** An issuer that takes every connection and says nothing. */
const startSilent = async (): Promise<{ readonly server: Server; readonly url: string }> => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

describe('Signing in with another issuer', () => {
  let world: SignInWorld;
  let silent: Awaited<ReturnType<typeof startSilent>>;
  let neighbours: Awaited<ReturnType<typeof startNeighbours>>;

  beforeAll(async () => {
    silent = await startSilent();
    world = await SignInWorld.start(silent.url);
    neighbours = await startNeighbours(world.rig.bus);
  }, 60_000);
  afterAll(async () => {
    await neighbours?.stop();
    await world?.stop();
    silent?.server.closeAllConnections();
    silent?.server.close();
  }, 30_000);

  const tokensOf = (outcome: Awaited<ReturnType<SignInWorld['signIn']>>): identity.Tokens => {
    const { tokens } = granted(outcome);
    if (!tokens) throw new Error('nobody was signed in');
    return tokens;
  };
  const as = ({ accessToken, userId }: identity.Tokens) => contextOf(asUser(userId, claimsOf(accessToken).sid));
  const identitiesOf = async (context: ReturnType<typeof as>) => granted(await world.rig.ask(identity.ListMyIdentities, {}, context)).items;

  it('makes an account the first time, and finds it the next', async () => {
    const who = somebody();
    const first = tokensOf(await world.signIn(who));
    expect(first).toMatchObject({ email: who.email, secondFactorNeeded: false });
    const me = granted(await world.rig.ask(identity.GetMe, {}, as(first)));
    expect(me).toMatchObject({ email: who.email, emailVerified: true, name: 'Ada Lovelace' });
    const [session] = granted(await world.rig.ask(identity.ListSessions, {}, as(first))).items;
    expect(session).toMatchObject({ method: 'oidc' });
    // Whatever the issuer says of the address now: it is the same person.
    const again = tokensOf(await world.signIn({ sub: who.sub, email: 'elsewhere@other.example', email_verified: false }));
    expect(again.userId).toBe(first.userId);
    expect(tokensOf(await world.signIn({ ...who, email_verified: 'true' })).userId).toBe(first.userId);
    expect(await identitiesOf(as(first))).toEqual([
      {
        id: expect.any(String),
        issuer: world.issuer.url,
        name: 'work',
        email: who.email,
        reason: 'sign-up',
        linkedAt: expect.any(String),
      },
    ]);
  });

  it('makes one account of one person who comes several times at once', async () => {
    const who = somebody();
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => world.signIn(who)));
    expect(new Set(outcomes.map((outcome) => tokensOf(outcome).userId)).size).toBe(1);
  });

  it('opens an account by its address where both sides have seen it verified, and tells its owner', async () => {
    const person = await world.rig.person();
    const who = somebody({ email: person.email.toUpperCase() });
    expect(tokensOf(await world.signIn(who)).userId).toBe(person.userId);
    expect((await world.rig.letters(person.email)).map(({ subject }) => subject)).toContain('Another way to sign in was added');
    // Another one at the same issuer has the address now.
    expect(refusalOf(await world.signIn(somebody({ email: person.email })))).toBe('SignInToLink');
  });

  it('never opens an account whose address nobody has verified: it may be somebody’s who waits for its owner', async () => {
    const email = `${randomUUID()}@example.com`;
    granted(await world.rig.ask(identity.SignUp, { email, password }));
    const who = somebody({ email });
    expect(refusalOf(await world.signIn(who))).toBe('SignInToLink');
    granted(await world.rig.ask(identity.VerifyEmail, { token: await world.rig.token(email, 'Confirm your e-mail address') }));
    expect(refusalOf(await world.signIn(who))).toBe('granted');
  });

  it('believes no issuer about addresses that it is not trusted with, or says nothing of', async () => {
    const { email } = await world.rig.person();
    expect(refusalOf(await world.signIn(somebody({ email }), 'other'))).toBe('AddressNotVouchedFor');
    const strangers = [
      somebody({ email, email_verified: false }),
      somebody({ email, email_verified: 'true' }),
      { sub: randomUUID(), email },
      { sub: randomUUID() },
      somebody({ email: `${randomUUID()}@example.com.evil.example` }),
      // Looks like one of ours once it is brought into form.
      somebody({ email: email.replace('@', '＠').replace('example', 'ｅxample') }),
    ];
    for (const who of strangers) expect([who, refusalOf(await world.signIn(who))]).toEqual([who, 'AddressNotVouchedFor']);
  });

  it('is one factor: whoever has a second one owes it', async () => {
    const who = somebody();
    const first = tokensOf(await world.signIn(who));
    const { secret } = granted(await world.rig.ask(identity.EnrollAuthenticator, {}, as(first)));
    const app = new AuthenticatorApp(secret);
    granted(await world.rig.ask(identity.ConfirmAuthenticator, { code: await app.code() }, as(first)));
    const pending = tokensOf(await world.signIn(who));
    expect([pending.secondFactorNeeded, claimsOf(pending.accessToken)['sf']]).toEqual([true, true]);
  });

  it('does not open an account that is closed', async () => {
    const who = somebody();
    const tokens = tokensOf(await world.signIn(who));
    granted(await world.rig.ask(identity.DeactivateMe, {}, as(tokens)));
    expect(refusalOf(await world.signIn(who))).toBe('UserDeactivated');
    const closed = await world.rig.person();
    granted(await world.rig.ask(identity.DeactivateMe, {}, closed.owner));
    expect(refusalOf(await world.signIn(somebody({ email: closed.email })))).toBe('UserDeactivated');
  });

  it('is linked by whoever is signed in, whatever the address, and to one account alone', async () => {
    const person = await world.rig.person();
    const session = await world.rig.logIn(person.email);
    const who = somebody({ email: 'ada@elsewhere.example', email_verified: false });
    expect(granted(await world.link(who, session.as(), 'other'))).toEqual({ returnTo: `${publicUrl}/`, tokens: null });
    expect(refusalOf(await world.link(who, session.as(), 'other'))).toBe('granted');
    expect(await identitiesOf(session.as())).toMatchObject([{ name: 'other', reason: 'person' }]);
    expect(tokensOf(await world.signIn(who, 'other')).userId).toBe(person.userId);
    const another = await world.rig.logIn((await world.rig.person()).email);
    expect(refusalOf(await world.link(who, another.as(), 'other'))).toBe('IdentityTaken');
  });

  it('is not linked by a session that has ended meanwhile', async () => {
    const session = await world.rig.logIn((await world.rig.person()).email);
    const begun = granted(await world.rig.ask(identity.BeginIdentityLink, { issuer: 'work' }, session.as()));
    const answer = await world.answer(begun, somebody());
    granted(await world.rig.ask(identity.EndSession, {}, session.as()));
    expect(refusalOf(await world.finish(begun, answer))).toBe('SignInRefused');
  });

  it('is unlinked, and whoever came in by it is out again; but never the last way in', async () => {
    const person = await world.rig.person();
    const who = somebody({ email: person.email });
    const byIssuer = tokensOf(await world.signIn(who));
    const session = await world.rig.logIn(person.email);
    const [linked] = await identitiesOf(session.as());
    const identityId = identity.LinkedIdentityId.parse(linked?.id);
    const another = await world.rig.logIn((await world.rig.person()).email);
    expect(refusalOf(await world.rig.ask(identity.UnlinkIdentity, { identityId }, another.as()))).toBe('IdentityNotFound');
    granted(await world.rig.ask(identity.UnlinkIdentity, { identityId }, session.as()));
    expect(await identitiesOf(session.as())).toEqual([]);
    await eventually(async () => {
      const subjects = (await world.rig.letters(person.email)).map(({ subject }) => subject);
      expect(subjects.filter((subject) => subject === 'A way to sign in was removed')).toHaveLength(1);
    });
    expect(refusalOf(await world.rig.ask(identity.RefreshSession, { refreshToken: byIssuer.refreshToken }))).toBe('BadRefreshToken');
    expect(refusalOf(await world.rig.ask(identity.RefreshSession, { refreshToken: session.refreshToken }))).toBe('granted');

    const alone = tokensOf(await world.signIn(somebody()));
    const [only] = await identitiesOf(as(alone));
    const last = { identityId: identity.LinkedIdentityId.parse(only?.id) };
    expect(refusalOf(await world.rig.ask(identity.UnlinkIdentity, last, as(alone)))).toBe('LastWayIn');
  });

  it('is forgotten with its person, who is somebody new when they come again', async () => {
    const mark = randomUUID().slice(0, 8);
    const who = somebody({ sub: `subject-${mark}`, email: `ada-${mark}@example.com` });
    const tokens = tokensOf(await world.signIn(who));
    expect(await world.rig.everything()).toContain(mark);
    granted(await world.rig.ask(identity.DeleteMe, {}, as(tokens)));
    await eventually(async () => (await world.rig.pool.query('SELECT FROM person_keys WHERE person = $1', [tokens.userId])).rowCount === 0);
    await eventually(async () => expect(await world.rig.everything()).not.toContain(mark), { within: 10_000 });
    expect(tokensOf(await world.signIn(who)).userId).not.toBe(tokens.userId);
  }, 60_000);

  describe('refuses', () => {
    it('an answer that this browser did not ask for', async () => {
      const [mine, theirs] = [await world.begun(), await world.begun()];
      const [myAnswer, theirAnswer] = [await world.answer(mine, somebody()), await world.answer(theirs, somebody())];
      // A code that somebody else was given, slipped under: the ticket knows its state, and the issuer its verifier.
      expect(refusalOf(await world.finish(mine, theirAnswer))).toBe('SignInRefused');
      expect(refusalOf(await world.finish(mine, { ...theirAnswer, state: myAnswer.state ?? '' }))).toBe('SignInRefused');
      expect(refusalOf(await world.finish(mine, { ...myAnswer, iss: 'https://evil.example' }))).toBe('SignInRefused');
    });

    it('an answer that was used before', async () => {
      const begun = await world.begun();
      const answer = await world.answer(begun, somebody());
      expect(refusalOf(await world.finish(begun, answer))).toBe('granted');
      expect(refusalOf(await world.finish(begun, answer))).toBe('SignInRefused');
    });

    it('a ticket that was made up, bent, or sealed for another issuer', async () => {
      const begun = await world.begun();
      const answer = await world.answer(begun, somebody());
      const other = await world.begun('other');
      const bent = `${begun.ticket.slice(0, -3)}${begun.ticket.endsWith('AAA') ? 'BBB' : 'AAA'}`;
      for (const ticket of ['', 'made.up', bent, other.ticket]) {
        expect([ticket, refusalOf(await world.finish({ ticket }, answer))]).toEqual([ticket, 'SignInRefused']);
      }
    });

    it('whoever does not want to', async () => {
      expect(refusalOf(await world.signIn(undefined))).toBe('SignInDenied');
    });

    it('guesses, slower each time', async () => {
      const context = world.stranger();
      const begun = await world.begun();
      const guess = () => world.finish(begun, { code: 'guess', state: 'guess' }, { context: { ...context, commandId: randomUUID() } });
      const seen: string[] = [];
      for (let tries = 0; tries < 60; tries += 1) seen.push(refusalOf(await guess()));
      expect([seen[0], seen.at(-1)]).toEqual(['SignInRefused', 'TooManyTries']);
    });

    it('to send a browser anywhere else', async () => {
      for (const returnTo of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
        expect(refusalOf(await world.begin('work', returnTo))).toBe('ReturnNotAllowed');
      }
      const begun = granted(await world.begin('work', `${consoleUrl}/welcome`));
      expect(granted(await world.finish(begun, await world.answer(begun, somebody()))).returnTo).toBe(`${consoleUrl}/welcome`);
    });

    it('an issuer that nobody knows', async () => {
      expect(refusalOf(await world.begin('nobody'))).toBe('IssuerNotFound');
    });
  });

  it('says at once, or soon, that an issuer does not answer', async () => {
    const began = Date.now();
    const outcome = await world.begin('down');
    expect(outcome).toMatchObject({ accepted: false, rejection: { code: 'IssuerUnavailable', details: { issuer: 'down' } } });
    expect(Date.now() - began).toBeLessThan(6_000);
    const again = Date.now();
    expect(refusalOf(await world.begin('down'))).toBe('IssuerUnavailable');
    expect(Date.now() - again).toBeLessThan(1_000);
  });

  it('lists the issuers that there are', async () => {
    const { items } = granted(await world.rig.ask(identity.ListSignInIssuers, {}));
    expect(items).toEqual([
      { name: 'work', title: 'Work' },
      { name: 'other', title: 'other' },
      { name: 'down', title: 'down' },
    ]);
  });
});
