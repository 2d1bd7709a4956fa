import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@orrery/testing';

// Whole processes and servers start here, on machines that may be busy.
jest.setTimeout(60_000);

const root = resolve(__dirname, '../../..');

beforeAll(async () => {
  const tsc = resolve(root, 'node_modules/typescript-native/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-b', resolve(root, 'libs/process')], { timeout: 60_000 });
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process of its own; signals and exit codes belong to whole processes. */
const start = (behaviour: string, env: Record<string, string> = { ORRERY_TEST_WORD: 'hello' }) => {
  const program = resolve(__dirname, 'fixtures/programs.mjs');
  const child = spawn(process.execPath, [program, behaviour], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const lines = (): { msg?: string; health?: string; trace_id?: string; level?: string; err?: object }[] =>
    out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return { child, exit, lines, errors: () => err, said: () => lines().flatMap(({ msg }) => msg ?? []) };
};

describe('a process', () => {
  it('stops in order when it is told to, and exits with zero', async () => {
    const { child, exit, said, lines } = start('orderly');
    const { health } = await eventually(() => lines().find(({ msg }) => msg === 'ready'));
    expect((await fetch(`${health}/ready`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(said()).toEqual(['ready', 'stopping', 'finished', 'stopped']);
  });

  it('obeys a second signal at once', async () => {
    const { child, exit, said } = start('stuck');
    await eventually(() => said().includes('ready'));
    child.kill('SIGINT');
    await eventually(() => said().includes('stopping'));
    child.kill('SIGINT');
    expect(await exit).toEqual({ code: 130, signal: null });
  });

  it('does not wait longer than it may, and exits with non-zero', async () => {
    const { child, exit, said, lines } = start('stuck', { ORRERY_TEST_WORD: 'hello', ORRERY_STOP_SECONDS: '1' });
    await eventually(() => said().includes('ready'));
    child.kill('SIGTERM');
    expect(await exit).toEqual({ code: 1, signal: null });
    expect(lines().at(-1)).toMatchObject({ level: 'fatal', msg: 'did not stop in order' });
  });

  it('says so when something could not be closed', async () => {
    const { child, exit, said, lines } = start('untidy');
    await eventually(() => said().includes('ready'));
    child.kill('SIGTERM');
    expect(await exit).toEqual({ code: 1, signal: null });
    expect(JSON.stringify(lines())).toContain('untidy');
  });

  it('can be stopped while it still starts', async () => {
    const { child, exit, said } = start('waiting');
    await eventually(() => said().includes('waiting'));
    child.kill('SIGTERM');
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(said()).toEqual(['waiting', 'stopping', 'stopped']);
  });

  it('exits with 78 where the environment is wrong, and says the mend on stderr', async () => {
    const { exit, errors, lines } = start('orderly', { ORRERY_START_SECONDS: 'soon', ORRERY_LOG_LEVEL: 'loud' });
    expect(await exit).toEqual({ code: 78, signal: null });
    expect(lines()).toEqual([]);
    expect(errors()).toContain('ORRERY_TEST_WORD is not set: expected a word, for example hello');
    expect(errors()).toContain('ORRERY_START_SECONDS is "soon"');
    expect(errors()).toContain('ORRERY_LOG_LEVEL is "loud"');
  });

  it('says in a sentence, without a stack or a secret, what outside of it keeps it from starting', async () => {
    const { exit, lines, errors } = start('unwelcome');
    expect(await exit).toEqual({ code: 1, signal: null });
    expect(errors()).toBe('NATS at bus:4222 cannot be used: mend nats://u:[redacted]@bus.\n');
    expect(lines().filter(({ level }) => level === 'fatal')).toEqual([]);
  });

  it('names the variable of a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { exit, errors } = start('orderly', { ORRERY_TEST_WORD: 'hello', ORRERY_HEALTH_PORT: port });
    expect(await exit).toEqual({ code: 1, signal: null });
    expect(errors()).toBe(
      `Cannot listen at 127.0.0.1:${port}: port ${port} is taken by another program. End that one, or set ORRERY_HEALTH_PORT to a free port.\n`,
    );
    taken.close();
  });

  it('exits with non-zero where a program cannot start', async () => {
    const { exit, lines } = start('failing');
    expect(await exit).toEqual({ code: 1, signal: null });
    expect(lines().at(-1)).toMatchObject({ level: 'fatal', msg: 'could not start', err: { message: 'no disk' } });
  });

  it.each(['throwing', 'rejecting'])('logs what nobody caught with its trace, and exits with non-zero (%s)', async (behaviour) => {
    const { exit, lines, said } = start(behaviour);
    expect(await exit).toEqual({ code: 1, signal: null });
    const fatal = lines().find(({ level }) => level === 'fatal');
    expect(fatal).toMatchObject({
      err: { message: 'nobody catches this', trace_id: '0af7651916cd43dd8448eb211c80319c', stack: expect.stringContaining('programs.mjs') },
    });
    expect(said()).not.toContain('finished');
  });
});
