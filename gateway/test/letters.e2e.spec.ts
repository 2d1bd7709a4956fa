import { createHash } from 'node:crypto';
import { codeOf, eventually, stepNow } from '@orrery/testing';
import request from 'supertest';
import { poster } from './fixtures/poster.ts';
import { type System, startSystem } from './fixtures/system.ts';

const own = '/orrery/v1';
const password = 'a long enough one';

describe('Somebody who has a letter and a browser', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const post = poster(() => system.url);
  const signUp = async (email: string) => {
    expect((await post('/users', { email, password })).status).toBe(201);
    return (await post('/sessions', { email, password })).body;
  };
  /** The link of the letter with this subject: the page it leads to, and the token that no server is told. */
  const linkTo = async (email: string, subject: string): Promise<readonly [path: string, token: string]> => {
    const text = await eventually(async () => {
      const { body } = await request(system.url).get(`/dev/outbox?to=${email}`);
      return body.items.find((each: { subject: string }) => each.subject.startsWith(subject))?.text;
    });
    const link = new URL(/^http\S+#\S+$/m.exec(text)?.[0] ?? '');
    return [link.pathname, link.hash.slice(1)];
  };
  const open = (path: string) =>
    request(system.url)
      .get(path)
      .expect(200)
      .expect('content-type', /^text\/html/);
  const send = (path: string, form: Readonly<Record<string, string>>) =>
    request(system.url).post(path).set('origin', system.url).type('form').send(form);

  it('shows that an address is theirs, once', async () => {
    const { accessToken } = await signUp('vera@example.com');
    const [path, token] = await linkTo('vera@example.com', 'Confirm');
    const { text, headers } = await open(path);
    const script = /<script>(.*)<\/script>/s.exec(text)?.[1] ?? '';
    expect(headers['content-security-policy']).toContain(`'sha256-${createHash('sha256').update(script).digest('base64')}'`);
    await send(path, { token }).expect(200, /yours/);
    expect((await request(system.url).get(`${own}/me`).auth(accessToken, { type: 'bearer' })).body).toMatchObject({ emailVerified: true });
    await send(path, { token }).expect(400, /ask for another letter/);
  });

  it('asks for a new password, and chooses it', async () => {
    await signUp('rita@example.com');
    await send('/reset-password', { step: 'ask', email: 'rita@example.com' }).expect(200, /on its way/);
    const [path, token] = await linkTo('rita@example.com', 'Choose a new password');
    await open(path);
    const short = await send(path, { step: 'reset', token, password: 'short' }).expect(400, /at least 10 characters/);
    expect(short.text).toContain(token);
    await send(path, { step: 'reset', token, password: `${password} now` }).expect(200, /changed/);
    expect((await post('/sessions', { email: 'rita@example.com', password: `${password} now` })).status).toBe(200);
  });

  it('joins by an invite, with an account or without one, or declines it', async () => {
    const host = await signUp('host@example.com');
    const { slug } = (await post('/orgs', { name: 'Hosts & <Guests>' }, host.accessToken)).body;
    const invited = async (email: string) => {
      expect((await post(`/orgs/${slug}/invites`, { email, role: 'member' }, host.accessToken)).status).toBe(201);
      return await linkTo(email, 'You are invited');
    };
    const members = async () => {
      const { body } = await request(system.url).get(`${own}/orgs/${slug}/members`).auth(host.accessToken, { type: 'bearer' });
      return body.items.map(({ email }: { email: string }) => email);
    };

    const [path, token] = await invited('new@example.com');
    await open(path);
    await send(path, { step: 'join', token, password, name: 'Ned' }).expect(200, /Hosts &amp; &lt;Guests&gt;/);

    const { accessToken } = await signUp('old@example.com');
    const [, forOld] = await invited('old@example.com');
    const { secret } = (await post('/me/mfa/authenticator', {}, accessToken)).body;
    expect((await post('/me/mfa/authenticator/confirm', { code: codeOf(secret, stepNow() - 1) }, accessToken)).status).toBe(200);
    await send(path, { step: 'accept', token: forOld, password: 'not this one' }).expect(400, /wrong/);
    await send(path, { step: 'accept', token: forOld, password }).expect(400, /code/);
    await send(path, { step: 'accept', token: forOld, password, code: codeOf(secret, stepNow()) }).expect(200, /Welcome/);

    await signUp('shy@example.com');
    const [, forShy] = await invited('shy@example.com');
    await send(path, { step: 'decline', token: forShy, password }).expect(200, /Declined/);
    await send(path, { step: 'accept', token: forShy, password }).expect(400, /not open any more/);
    expect(await members()).toEqual(expect.arrayContaining(['host@example.com', 'new@example.com', 'old@example.com']));
    expect(await members()).not.toContain('shy@example.com');
  });

  it('is not sent there by a page of somebody else', async () => {
    const { status } = await send('/reset-password', { step: 'ask', email: 'rita@example.com' }).set('origin', 'https://evil.example');
    expect(status).toBe(403);
  });

  it('gets what they typed back as text', async () => {
    const { text } = await send('/verify-email', { token: '"><script>alert(1)</script>' }).expect(400);
    expect(text).not.toContain('<script>alert');
  });
});
