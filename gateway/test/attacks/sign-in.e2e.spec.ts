import { randomUUID } from 'node:crypto';
import { identity } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { type Platform, startPlatform } from '../fixtures/platform.ts';
import { bodyFor } from '../matrix/calls.ts';
import { People, type Send, type Somebody, sender, type Told } from '../matrix/people.ts';

const base = '/orrery/v1';
const password = 'a long enough one';
const sameTime = 1.5;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const statusesOf = (told: readonly Told[]): readonly number[] => told.map(({ status }) => status);
/** What is said, without what every answer has of its own. */
const wordsOf = ({ status, text }: Told): string => `${status} ${text.replace(/[0-9a-f]{32}/g, '<trace>')}`;

describe('An attacker who wants to be somebody else', () => {
  let platform: Platform;
  let people: People;
  let send: Send;
  let victim: Somebody;

  beforeAll(async () => {
    platform = await startPlatform();
    people = new People(platform);
    send = sender(platform.url);
    victim = await people.somebody('victim');
  }, 120_000);
  afterAll(() => platform?.stop(), 30_000);

  const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
    send(`${base}${path}`, { method: 'POST', body, headers });

  it('and has a copy of a refresh token: of 32 who use it at once one wins, and then nobody has the session', async () => {
    const { refreshToken, accessToken } = await people.granted('/sessions', { body: { email: victim.email, password } });
    const told = await Promise.all(Array.from({ length: 32 }, () => post('/sessions/refresh', { refreshToken })));
    const winners = told.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    expect(new Set(statusesOf(told.filter(({ status }) => status !== 200)))).toEqual(new Set([401]));
    const won = JSON.parse(winners[0]?.text ?? '{}');
    expect((await post('/sessions/refresh', { refreshToken: won.refreshToken })).status).toBe(401);
    for (const token of [accessToken ?? '', won.accessToken]) {
      const isOut = async () => (await send(`${base}/me`, { headers: people.as({ token }) })).status === 401;
      await eventually(isOut, { within: 1_000 });
    }
  });

  it('and leaves a session behind for somebody to log in to: every log-in opens one that nobody has seen before', async () => {
    const attacker = await people.somebody('attacker');
    const brought = { cookie: `session=${attacker.token}`, 'x-session-id': randomUUID(), ...people.as(attacker) };
    const opened = await Promise.all([1, 2].map(() => post('/sessions', { email: victim.email, password }, brought)));
    const tokens = opened.map(({ text }) => String(JSON.parse(text).accessToken));
    const sids = tokens.map((token) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid);
    expect(new Set([...sids, JSON.parse(Buffer.from(attacker.token.split('.')[1] ?? '', 'base64url').toString()).sid]).size).toBe(3);
    const me = await send(`${base}/me`, { headers: people.as(attacker) });
    expect(JSON.parse(me.text).email).toBe(attacker.email);
    expect((await post('/sessions', { email: victim.email, password, sessionId: sids[0] })).status).toBe(400);
  });

  describe('and asks who has an account', () => {
    const nobodys = () => `nobody-${randomUUID()}@example.com`;
    const guess = (email: string) => post('/sessions', { email, password: 'not this one' });

    it('gets the same answer for everybody', async () => {
      const questions: readonly ((email: string) => Promise<Told>)[] = [
        guess,
        (email) => post('/users/reset-letters', { email }),
        (email) => post('/users/verification-letters', { email }),
        (email) => send('/api/v2/external/auth/login', { method: 'POST', body: { email, password: 'not this one' } }),
      ];
      for (const ask of questions) {
        const { email } = await people.somebody('known');
        expect(wordsOf(await ask(email))).toBe(wordsOf(await ask(nobodys())));
      }
    });

    it('learns nothing from how long it takes', async () => {
      const known: string[] = [];
      for (let made = 0; made < 12; made += 1) known.push((await people.somebody('known')).email);
      const ratio = async (): Promise<number> => {
        const took = { known: [] as number[], unknown: [] as number[] };
        for (const email of known) {
          for (const whose of ['known', 'unknown'] as const) {
            const startedAt = performance.now();
            expect((await guess(whose === 'known' ? email : nobodys())).status).toBe(401);
            took[whose].push(performance.now() - startedAt);
          }
        }
        const [a, b] = [median(took.known), median(took.unknown)];
        return Math.max(a, b) / Math.min(a, b);
      };
      // A busy machine may slow one more than the other once.
      if ((await ratio()) >= sameTime) expect(await ratio()).toBeLessThan(sameTime);
    }, 60_000);
  });

  it('and guesses passwords, by turns at every door there is and from everywhere: all doors count together', async () => {
    const target = await people.somebody('target');
    const doors = platform.routes.filter(
      ({ policy }) => 'route' in policy && policy.route.operations.some((operation) => operation === identity.LogIn),
    );
    expect(doors.length).toBeGreaterThan(2);
    const tries = Array.from({ length: 1_000 }, (_, at) => async () => {
      const door = doors[at % doors.length];
      if (!door) throw new Error('there is no door');
      const body = { ...bodyFor(door), email: target.email, username: target.email, login: target.email, password: `guess ${at}` };
      return await send(door.url, {
        method: 'POST',
        body: Object.fromEntries(Object.entries(body).filter(([name]) => isOurs(door.url, name))),
      });
    });
    const told: Told[] = [];
    const work = async (): Promise<void> => {
      for (let next = tries.pop(); next; next = tries.pop()) told.push(await next());
    };
    await Promise.all(Array.from({ length: 16 }, work));
    const refused = told.filter(({ status }) => status === 429).length;
    // Five are free; what is looked at after that comes at most once a second, and then ever more rarely.
    expect(told.length - refused).toBeLessThan(30);
    expect(told.filter(({ status }) => status < 400)).toEqual([]);
    // Also the right one has to wait: who could tell them apart, could go on guessing.
    expect((await post('/sessions', { email: target.email, password })).status).toBe(429);
  }, 120_000);

  it.each([
    ['Cyrillic', (email: string) => email.replace('v', '\u0475').replace('i', '\u0456')],
    ['with a mark on top', (email: string) => email.replace('i', 'i\u0307')],
    ['without width', (email: string) => email.replace('v', 'v\u200b')],
    ['written from right to left', (email: string) => `\u202e${email}`],
    ['of a domain that looks alike', (email: string) => email.replace('example', 'ex\u0430mple')],
    ['with an end of line', (email: string) => `${email}\nbcc: evil@example.com`],
    ['quoted', (email: string) => `"${email}"@example.com`],
    ['with a name', (email: string) => `Victim <${email}>`],
    ['two at once', (email: string) => `${email},evil@example.com`],
  ])('and signs up with an address that looks like theirs, %s: there is no such address', async (_, likeness) => {
    const email = likeness(victim.email);
    expect((await post('/users', { email, password })).status).toBe(400);
    expect((await post('/users/reset-letters', { email })).status).toBe(400);
  });

  it('and signs up with theirs in other letters: it is theirs', async () => {
    const likenesses = [victim.email.toUpperCase(), `  ${victim.email} `, victim.email.replace('v', '\uff56')];
    for (const email of likenesses) expect([400, 409]).toContain((await post('/users', { email, password })).status);
  });
});

/** Our own API refuses what it does not know; the others call the same things by other names. */
const isOurs = (url: string, name: string): boolean => !url.startsWith(`${base}/`) || name === 'email' || name === 'password';
