import { identity } from '@orrery/contracts';
import { eventually, granted } from '@orrery/testing';
import { type Received, startMailServer } from './fixtures/mail-server.ts';
import { password, Rig } from './fixtures/rig.ts';

describe('a letter', () => {
  let rig: Rig;
  let server: Awaited<ReturnType<typeof startMailServer>>;

  beforeAll(async () => {
    server = await startMailServer();
    rig = await Rig.start({ ORRERY_SMTP_URL: server.url, ORRERY_MAIL_FROM: 'Orrery <no-reply@example.com>', ORRERY_DEVELOPMENT: '' });
  }, 60_000);
  afterAll(async () => {
    await rig?.stop();
    await server?.stop();
  }, 30_000);

  const arrived = (email: string): Promise<Received> => eventually(() => server.received.find(({ to }) => to.includes(email)));
  const states = async (): Promise<string[]> =>
    (await rig.pool.query('SELECT state FROM letters ORDER BY created_at')).rows.map(({ state }) => state);
  const hurry = () =>
    // Those that pause, and none that is under way.
    rig.pool.query("UPDATE letters SET due_at = now() WHERE state = 'waiting' AND due_at < now() + interval '1 minute'");

  it('arrives in plain text and in HTML, from whom the operator says, and is forgotten here', async () => {
    const { email } = await rig.newcomer();
    const { from, source } = await arrived(email);
    expect(from).toBe('no-reply@example.com');
    expect(source).toMatch(/^From: Orrery <no-reply@example\.com>$/m);
    expect(source).toMatch(/^Subject: Confirm your e-mail address$/m);
    expect(source).toMatch(/^Message-ID: <[0-9a-f-]{36}@127\.0\.0\.1>$/im);
    expect(source).toMatch(/^Content-Type: text\/plain/m);
    expect(source).toMatch(/^Content-Type: text\/html/m);
    await eventually(async () => expect(await states()).toEqual(['sent']));
    expect((await rig.pool.query('SELECT sealed FROM letters')).rows).toEqual([{ sealed: null }]);
  });

  it('waits for a mail server that is down, and is sent once', async () => {
    server.judging(() => '451 come again');
    const { email } = await rig.newcomer();
    await eventually(async () => (await rig.pool.query("SELECT FROM letters WHERE state = 'waiting' AND tries > 0")).rowCount === 1);
    server.judging(() => '250 ok');
    await eventually(
      async () => {
        await hurry();
        return server.received.some(({ to }) => to.includes(email));
      },
      { within: 25_000 },
    );
    await eventually(async () => !(await states()).includes('waiting'));
    expect(server.received.filter(({ to }) => to.includes(email))).toHaveLength(1);
  });

  it('is given up where the address does not exist', async () => {
    server.judging(() => '550 nobody here');
    await rig.newcomer();
    await eventually(async () => (await states()).includes('given-up'));
    server.judging(() => '250 ok');
  });

  it('keeps nobody waiting who only signs up', async () => {
    server.silence(true);
    const before = performance.now();
    const { email } = await rig.newcomer();
    expect(performance.now() - before).toBeLessThan(3_000);
    expect((await rig.ask(identity.LogIn, { email, password })).accepted).toBe(true);
    server.silence(false);
  });

  it('is sent by the next process where this one dies', async () => {
    server.judging(() => '451 come again');
    const { email } = await rig.newcomer();
    await eventually(async () => (await rig.pool.query("SELECT FROM letters WHERE state = 'waiting' AND tries > 0")).rowCount);
    server.judging(() => '250 ok');
    await rig.restart();
    await hurry();
    await arrived(email);
  }, 60_000);

  it('is not sent for what was not committed', async () => {
    const { email } = await rig.newcomer();
    await arrived(email);
    expect((await rig.ask(identity.SignUp, { email, password })).accepted).toBe(false);
    const after = await rig.newcomer();
    await arrived(after.email);
    // Letters to others are tried again meanwhile.
    expect(server.received.filter(({ to }) => to.includes(email))).toHaveLength(1);
    granted(await rig.ask(identity.GetMe, {}, after.owner));
  });
});
