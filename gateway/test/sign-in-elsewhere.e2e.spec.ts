import { eventually } from '@orrery/testing';
import request from 'supertest';
import { OauthBrowser, type Page } from './fixtures/oauth-browser.ts';
import { type System, startSystem } from './fixtures/system.ts';

const own = '/orrery/v1';
const password = 'a long enough one';
const email = 'ada@example.com';

/** Somebody whose address is verified, and who is logged in. */
const person = async (url: string, address: string): Promise<string> => {
  await request(url).post(`${own}/users`).send({ email: address, password, name: 'Ada' }).expect(201);
  const token = await eventually(async () => {
    const { body } = await request(url).get('/dev/outbox').query({ to: address });
    const [, found = ''] = /\n\n([\w.-]{60,})\n\n/.exec(body.items[0]?.text ?? '') ?? [];
    expect(found).not.toBe('');
    return found;
  });
  await request(url).post(`${own}/users/verify-email`).send({ token }).expect(200);
  return (await request(url).post(`${own}/sessions`).send({ email: address, password }).expect(200)).body.accessToken;
};

describe('Signing in here with an account at another Orrery', () => {
  let elsewhere: System;
  let here: System;

  beforeAll(async () => {
    elsewhere = await startSystem();
    const bearer = await person(elsewhere.url, email);
    here = await startSystem(async (url) => {
      const wish = { name: 'Here', redirectUris: [`${url}/sign-in/elsewhere/callback`] };
      const { body: app } = await request(elsewhere.url)
        .post(`${own}/me/oauth-apps`)
        .auth(bearer, { type: 'bearer' })
        .send(wish)
        .expect(201);
      const issuer = { name: 'elsewhere', title: 'Elsewhere', issuer: elsewhere.url, clientId: app.id, clientSecret: app.secret };
      return { ORRERY_SIGN_IN_ISSUERS: JSON.stringify([{ ...issuer, domains: ['example.com'] }]) };
    });
  }, 240_000);
  afterAll(async () => {
    await here?.stop();
    await elsewhere?.stop();
  }, 120_000);

  /** From the button here over the pages there, and back: two hosts, so two sets of cookies. */
  const signIn = async (step: 'allow' | 'deny'): Promise<{ readonly browser: OauthBrowser; readonly page: Page }> => {
    const [browser, there] = [new OauthBrowser(here.url), new OauthBrowser(elsewhere.url)];
    const begun = await browser.open('/sign-in/elsewhere?return_to=/openapi.json');
    expect(begun.url.origin).toBe(elsewhere.url);
    const logIn = await there.open(begun.url);
    const consent = await there.send(logIn, { step: 'log-in', email, password });
    expect(consent.text).toContain('Here wants');
    const back = await there.send(consent, { step });
    expect(`${back.url.origin}${back.url.pathname}`).toBe(`${here.url}/sign-in/elsewhere/callback`);
    return { browser, page: await browser.open(back.url) };
  };
  const userOf = async (browser: OauthBrowser): Promise<request.Response> =>
    request(here.url)
      .get('/api/user')
      .set('cookie', `session=${browser.cookies.get('session')}`);

  it('makes an account the first time, and opens the same one after that', async () => {
    const first = await signIn('allow');
    expect([first.page.status, first.page.url.pathname]).toEqual([200, '/openapi.json']);
    const user = await userOf(first.browser);
    expect([user.status, user.body.data]).toMatchObject([200, { email }]);
    const again = await userOf((await signIn('allow')).browser);
    expect(again.body.data).toEqual(user.body.data);
  }, 60_000);

  it('opens nothing for whoever does not allow it there', async () => {
    const { browser, page } = await signIn('deny');
    expect([page.status, JSON.parse(page.text).code]).toEqual([403, 'SignInDenied']);
    expect(browser.cookies.has('session')).toBe(false);
  }, 60_000);
});
