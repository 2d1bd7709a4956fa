import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { main } from './main.ts';

const operatorKey = `op_${'0123456789'.repeat(4)}`;

interface Heard {
  readonly authorization: string | undefined;
  readonly key: unknown;
  readonly body: { readonly username?: string; readonly password?: string; readonly email?: string };
}

/** What an installation would answer, and what it heard; the first so many answers are lost. */
const installation = async (status: number, answer: object, lost = 0) => {
  const heard: Heard[] = [];
  const read = async (request: IncomingMessage): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { authorization, 'idempotency-key': key } = request.headers;
    heard.push({ authorization, key, body: JSON.parse(Buffer.concat(chunks).toString()) });
  };
  const server = createServer((request, response) => {
    void read(request).then(() => {
      if (heard.length <= lost) return response.destroy();
      return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { heard, port, stop: () => new Promise<unknown>((resolve) => server.close(resolve)) };
};

const run = async (argv: readonly string[], env: Record<string, string>, piped = '') => {
  const said = { out: '', err: '' };
  const input = Readable.from([piped]);
  const code = await main({
    argv,
    env,
    input,
    out: { write: (text) => (said.out += text) },
    err: { write: (text) => (said.err += text) },
  });
  return { code, ...said };
};

const create = ['admin', 'create', '--username', 'ada'];

describe('The command', () => {
  it('draws a password, and prints it once', async () => {
    const { heard, port, stop } = await installation(201, {});
    const first = await run(create, { ORRERY_URL: `http://127.0.0.1:${port}/`, ORRERY_OPERATOR_KEY: operatorKey });
    const second = await run(create, { ORRERY_HTTP_PORT: String(port), ORRERY_OPERATOR_KEY: operatorKey });
    await stop();
    expect([first.code, second.code, first.err]).toEqual([0, 0, '']);
    const [one, two] = heard.map(({ body }) => body.password ?? '');
    expect(one).toMatch(/^[\w-]{24}$/);
    expect(two).not.toBe(one);
    expect(first.out.split(one ?? '?')).toHaveLength(2);
    expect(heard[0]).toMatchObject({ authorization: `Bearer ${operatorKey}`, body: { username: 'ada', isAdministrator: true } });
  });

  it('asks again for an answer that was lost, and for no second account', async () => {
    const { heard, port, stop } = await installation(201, {}, 2);
    const { code, out } = await run(create, { ORRERY_HTTP_PORT: String(port), ORRERY_OPERATOR_KEY: operatorKey });
    await stop();
    expect([code, heard.length]).toEqual([0, 3]);
    const [key] = heard.map((each) => each.key);
    expect(key).toEqual(expect.stringMatching(/^[0-9a-f-]{36}$/));
    expect(new Set(heard.map((each) => each.key)).size).toBe(1);
    expect(out).toContain(heard[0]?.body.password);
  });

  it.each(['the password\n', 'the password\r\nand more', 'the password'])(
    'takes the first line of %j, and does not print it',
    async (piped) => {
      const { heard, port, stop } = await installation(201, {});
      const env = { ORRERY_HTTP_PORT: String(port), ORRERY_OPERATOR_KEY: operatorKey };
      const { code, out } = await run([...create, '--password-stdin', '--email', 'ada@example.com'], env, piped);
      await stop();
      expect([code, out.includes('the password')]).toEqual([0, false]);
      expect(heard[0]?.body).toMatchObject({ password: 'the password', email: 'ada@example.com' });
    },
  );

  it.each([
    [{ detail: 'This username belongs to somebody else: choose another one.' }, 'belongs to somebody else'],
    [{ detail: 'x', errors: [{ pointer: '/password', detail: 'at least 10 characters' }] }, 'password at least 10 characters'],
  ])('says why it was refused', async (answer, said) => {
    const { port, stop } = await installation(409, answer);
    const { code, err, out } = await run(create, { ORRERY_HTTP_PORT: String(port), ORRERY_OPERATOR_KEY: operatorKey });
    await stop();
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(said);
  });

  it.each<[string, Record<string, string>, string]>([
    ['no key', {}, 'ORRERY_OPERATOR_KEY'],
    ['a key of another kind', { ORRERY_OPERATOR_KEY: 'lk_x' }, 'op_'],
    ['a file that is not there', { ORRERY_OPERATOR_KEY_FILE: '/nowhere/key' }, '/nowhere/key'],
    ['no URL', { ORRERY_URL: 'example.com', ORRERY_OPERATOR_KEY: operatorKey }, 'ORRERY_URL'],
    ['nobody there', { ORRERY_URL: 'http://127.0.0.1:1', ORRERY_OPERATOR_KEY: operatorKey }, 'Nothing answers'],
    ['an empty pipe', { ORRERY_OPERATOR_KEY: operatorKey }, 'No password came'],
  ])('with %s says what to mend', async (what, env, said) => {
    const { code, err } = await run(what === 'an empty pipe' ? [...create, '--password-stdin'] : create, env);
    expect([code, err]).toEqual([1, expect.stringContaining(said)]);
  });

  it('explains itself', async () => {
    expect(await run(['--help'], {})).toMatchObject({ code: 0, out: expect.stringContaining('admin create') });
    expect(await run(['--nonsense'], {})).toMatchObject({ code: 2, err: expect.stringContaining('--nonsense') });
  });
});
