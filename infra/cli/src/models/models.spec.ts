import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { eventually } from '@orrery/testing';
import { main } from '../main.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A hub as Hugging Face is one: its API lists files by pages, `resolve` leads to where the bytes lie, and those can be had in parts. */
class Hub {
  files = new Map<string, Buffer>();
  /** After so many bytes each answer is cut off, as long as there are cuts left: once they are kept, as what lies between is lost with its connection. */
  cuts = { after: 0, left: 0, keptBytes: (): number => 0 };
  /** The first so many requests for bytes are answered with 503. */
  refusals = 0;
  mark = '"edition-1"';
  /** How many bytes later than asked for a part begins. */
  shift = 0;
  readonly ranges: (string | undefined)[] = [];
  readonly tokens: (string | undefined)[] = [];
  private readonly server = createServer((request, response) => this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  stop(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  private get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    this.tokens.push(request.headers.authorization);
    const [, named = ''] = /^\/org\/repo\/resolve\/main\/(.+)$/.exec(pathname) ?? [];
    const bytes = this.files.get(/^\/cdn\/(.+)$/.exec(pathname)?.[1] ?? '');
    if (pathname === '/api/models/org/repo/tree/main') this.tree(searchParams.get('cursor'), response);
    else if (this.files.has(named)) response.writeHead(302, { location: `/cdn/${named}` }).end();
    else if (bytes) this.send(bytes, request, response);
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Repository not found"}');
  }

  private tree(cursor: string | null, response: ServerResponse): void {
    const all = [...this.files].map(([path, bytes]) => ({
      type: 'file',
      oid: 'f'.repeat(40),
      size: bytes.length,
      path,
      lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 },
    }));
    const page = cursor === null ? [{ type: 'directory', oid: 'd'.repeat(40), size: 0, path: 'more' }, ...all.slice(0, 1)] : all.slice(1);
    const link = cursor === null ? { link: `</api/models/org/repo/tree/main?recursive=true&cursor=two>; rel="next"` } : {};
    response.writeHead(200, { 'content-type': 'application/json', ...link }).end(JSON.stringify(page));
  }

  private send(bytes: Buffer, { headers }: IncomingMessage, response: ServerResponse): void {
    this.ranges.push(headers.range);
    if (this.refusals > 0) {
      this.refusals -= 1;
      return void response.writeHead(503).end();
    }
    const asked = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const isSame = headers['if-range'] === undefined || headers['if-range'] === this.mark;
    const from = isSame && asked > 0 ? asked + this.shift : 0;
    if (from > 0 && from >= bytes.length) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    const rest = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      etag: this.mark,
      'content-length': rest.length,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    if (this.cuts.left <= 0) return void response.end(rest);
    this.cuts.left -= 1;
    response.write(rest.subarray(0, this.cuts.after));
    const cut = () => response.destroy();
    // Where they are never kept, what is asked for next says so.
    void eventually(() => expect(this.cuts.keptBytes()).toBe(from + this.cuts.after), { within: 15_000 }).then(cut, cut);
  }
}

describe('orrery models', () => {
  const bytes = Buffer.concat([Buffer.from('GGUF'), randomBytes(600_000)]);
  let hub: Hub;
  let env: Record<string, string>;
  let directory: string;

  beforeEach(async () => {
    hub = new Hub();
    hub.files.set('q/small.gguf', bytes);
    directory = mkdtempSync(join(tmpdir(), 'orrery-models-'));
    env = { ORRERY_MODEL_HUB: await hub.start(), ORRERY_AGENT_WEIGHTS: directory };
  });

  afterEach(async () => {
    await hub.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const run = async (...argv: string[]) => {
    const said = { out: '', err: '' };
    const out = { write: (text: string) => (said.out += text) };
    const code = await main({
      argv: ['models', ...argv],
      env,
      input: Readable.from([]),
      out,
      err: { write: (text) => (said.err += text) },
    });
    return { code, ...said };
  };
  const there = (): string[] => readdirSync(directory);
  const saved = (): Buffer => readFileSync(join(directory, 'small.gguf'));

  it('pulls the only model of a repository, checks it, lists it, and removes it', async () => {
    expect(await run('pull', 'org/repo')).toEqual({ code: 0, err: '', out: expect.stringContaining(`${sha256(bytes)}, as it should be`) });
    expect(there()).toEqual(['small.gguf']);
    expect(saved().equals(bytes)).toBe(true);
    expect((await run('pull', 'org/repo')).out).toContain('is there already');
    expect((await run('list')).out).toMatch(/^small\.gguf {2}0\.6 MiB/);
    expect((await run('rm', 'small.gguf')).code).toBe(0);
    expect(there()).toEqual([]);
    expect(await run('rm', 'small.gguf')).toMatchObject({ code: 1, err: expect.stringContaining('There is no') });
  });

  it('asks which, where a repository has several, on any page of its list', async () => {
    hub.files.set('q/large.gguf', Buffer.from('GGUF and more'));
    expect(await run('pull', 'org/repo')).toMatchObject({ code: 1, err: expect.stringMatching(/q\/small\.gguf, q\/large\.gguf/) });
    expect((await run('pull', 'org/repo:q/large.gguf')).code).toBe(0);
    expect(there()).toEqual(['large.gguf']);
  });

  it('shows the hub its token, and only the hub', async () => {
    env['HF_TOKEN'] = 'hf_token';
    await run('pull', 'org/repo');
    expect(new Set(hub.tokens)).toEqual(new Set(['Bearer hf_token']));
    hub.tokens.splice(0);
    await run('rm', 'small.gguf');
    await run('pull', `${env['ORRERY_MODEL_HUB']}/cdn/q/small.gguf`);
    expect(hub.tokens).toEqual([undefined]);
  });

  it('goes on where it was cut off, again and again', async () => {
    hub.cuts = { after: 200_000, left: 2, keptBytes: () => statSync(join(directory, '.small.gguf.part')).size };
    const { code, out } = await run('pull', 'org/repo:q/small.gguf');
    expect([code, saved().equals(bytes), there()]).toEqual([0, true, ['small.gguf']]);
    expect(hub.ranges).toEqual([undefined, 'bytes=200000-', 'bytes=400000-']);
    expect(out).toContain('Trying again.');
  }, 60_000);

  it('goes on in the next run, and begins anew where the file is another one by then', async () => {
    writeFileSync(join(directory, '.small.gguf.part'), bytes.subarray(0, 100_000));
    writeFileSync(join(directory, '.small.gguf.part.mark'), '"edition-1"');
    expect((await run('pull', 'org/repo')).code).toBe(0);
    await run('rm', 'small.gguf');
    writeFileSync(join(directory, '.small.gguf.part'), 'of another edition');
    writeFileSync(join(directory, '.small.gguf.part.mark'), '"edition-0"');
    expect((await run('pull', 'org/repo')).code).toBe(0);
    expect(hub.ranges).toEqual(['bytes=100000-', 'bytes=18-']);
    expect(saved().equals(bytes)).toBe(true);
  });

  it('waits for a hub that is busy', async () => {
    hub.refusals = 2;
    expect((await run('pull', 'org/repo')).code).toBe(0);
    expect(hub.ranges).toHaveLength(3);
  }, 20_000);

  it('throws away what is not what it should be', async () => {
    const url = `${env['ORRERY_MODEL_HUB']}/cdn/q/small.gguf`;
    expect(await run('pull', url, '--sha256', 'ab'.repeat(32))).toMatchObject({ code: 1, err: expect.stringContaining('thrown away') });
    expect(there()).toEqual([]);
    expect((await run('pull', url, '--sha256', sha256(bytes))).code).toBe(0);
    expect(await run('pull', url, '--sha256', 'ab'.repeat(32))).toMatchObject({ code: 1, err: expect.stringContaining('and should have') });
    hub.files.set('login.gguf', Buffer.from('<!doctype html>'));
    expect((await run('pull', `${env['ORRERY_MODEL_HUB']}/cdn/login.gguf`)).err).toContain('no model in GGUF');
    expect(there()).toEqual(['small.gguf']);
    hub.files.delete('login.gguf');
    expect(await run('pull', 'org/repo', '--sha256', 'ab'.repeat(32))).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing was fetched'),
    });
  });

  it.each([
    [['pull', 'org/nothing'], 'The hub has no org/nothing at main'],
    [['pull', 'not a name'], 'neither a URL nor a name'],
    [['pull', 'http://127.0.0.1:1/a.gguf'], 'did not answer'],
    [['pull', 'http://127.0.0.1:1/%.gguf'], 'is no name that agents tell of'],
  ])(
    'says what is wrong with %j',
    async (argv, why) => {
      expect(await run(...argv)).toMatchObject({ code: 1, err: expect.stringContaining(why) });
      expect(there()).toEqual([]);
    },
    60_000,
  );

  it('wants to know where models lie', async () => {
    delete env['ORRERY_AGENT_WEIGHTS'];
    expect(await run('list')).toMatchObject({ code: 1, err: expect.stringContaining('--to <directory>') });
    expect((await run('pull', 'org/repo', '--to', join(directory, 'new'))).code).toBe(0);
    expect(there()).toEqual(['new']);
  });

  it('fetches a file once at a time', async () => {
    writeFileSync(join(directory, '.small.gguf.part.lock'), String(process.ppid));
    expect(await run('pull', 'org/repo')).toMatchObject({ code: 1, err: expect.stringContaining('fetches') });
    writeFileSync(join(directory, '.small.gguf.part.lock'), '999999999');
    expect((await run('pull', 'org/repo')).code).toBe(0);
  });

  it('takes a lock that does not say yet whose it is for somebody’s, for a while', async () => {
    const lock = join(directory, '.small.gguf.part.lock');
    writeFileSync(lock, '');
    expect(await run('pull', 'org/repo')).toMatchObject({ code: 1, err: expect.stringContaining(lock) });
    utimesSync(lock, 0, 0);
    expect((await run('pull', 'org/repo')).code).toBe(0);
  });

  it('removes no file that somebody fetches', async () => {
    writeFileSync(join(directory, '.small.gguf.part'), bytes.subarray(0, 100_000));
    writeFileSync(join(directory, '.small.gguf.part.lock'), String(process.ppid));
    expect(await run('rm', 'small.gguf')).toMatchObject({ code: 1, err: expect.stringContaining('fetches') });
    expect(there()).toContain('.small.gguf.part');
  });

  it('begins anew where it is sent another part than it asked for', async () => {
    writeFileSync(join(directory, '.small.gguf.part'), bytes.subarray(0, 100_000));
    writeFileSync(join(directory, '.small.gguf.part.mark'), '"edition-1"');
    hub.shift = 1;
    const { code } = await run('pull', `${env['ORRERY_MODEL_HUB']}/cdn/q/small.gguf`);
    expect([code, saved().equals(bytes), hub.ranges]).toEqual([0, true, ['bytes=100000-', undefined]]);
  });
});
