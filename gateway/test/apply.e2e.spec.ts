import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { main } from '@orrery/cli';
import request from 'supertest';
import { type Platform, startPlatform } from './fixtures/platform.ts';

const text = `
providers:
  - { id: orrery, name: Orrery }
machineTypes:
  - name: gpu.slice
    resources: { cpuMilli: 1000, memoryMib: 1024, gpus: 1, mig: 1g.10gb }
models:
  - name: orrery/small-chat
    type: text
    aliases: [tiny]
    capabilities: [chat, tools]
    contextLength: 2048
    source: { from: url, reference: https://example.com/tiny.gguf }
    metadata: { note: made for tests, card: short }
    isLive: true
prices:
  currency: EUR
  list:
    - { meter: tokens.input, resource: orrery/small-chat, unit: million-tokens, price: 0.15, batchDiscountMilli: 500 }
    - { meter: tokens.output, resource: orrery/small-chat, unit: million-tokens, price: 0.6 }
`;

describe('orrery apply', () => {
  let platform: Platform;
  let folder: string;

  beforeAll(async () => {
    [platform, folder] = await Promise.all([startPlatform(), mkdtemp(join(tmpdir(), 'orrery-apply-'))]);
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 30_000);

  const run = async (written: string, options: readonly string[] = ['--yes'], typed = '') => {
    const file = join(folder, 'catalog.yaml');
    await writeFile(file, written);
    const said = { out: '', err: '' };
    const code = await main({
      argv: ['apply', file, ...options],
      env: { ORRERY_URL: platform.url, ORRERY_OPERATOR_KEY: platform.operatorKey },
      input: Readable.from([typed]),
      out: { write: (piece) => (said.out += piece) },
      err: { write: (piece) => (said.err += piece) },
    });
    return { code, ...said };
  };
  const models = async () => (await request(platform.url).get('/api/public/catalog')).body.data.models;

  it('changes nothing in a dry run, nor where nobody agrees', async () => {
    const dry = await run(text, ['--dry-run']);
    expect([dry.code, dry.err]).toEqual([0, '']);
    expect(dry.out).toContain('+ model orrery/small-chat\n');
    for (const typed of ['no\n', '']) {
      const asked = await run(text, [], typed);
      expect([asked.code, asked.err]).toEqual([1, 'Nothing was done.\n']);
    }
    expect(await models()).toEqual([]);
  });

  it('makes the catalog what the file says, at once, and then has nothing to do', async () => {
    const first = await run(text, [], 'yes\n');
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toContain('Done: 5 steps.\n');
    expect(await models()).toMatchObject([
      {
        name: 'orrery/small-chat',
        is_live: true,
        context_length: 2_048,
        pricing: { prices: [{ unit_price: '0.15' }, { unit_price: '0.6' }] },
      },
    ]);
    const second = await run(text);
    expect([second.code, second.out.split('\n')[0]]).toEqual([0, 'Nothing to do.']);
    // The machine type and the price that were there before the file.
    expect(second.out).toContain('machine type cpu, price run.seconds cpu');
  });

  it('changes what changed, and keeps older books as they were', async () => {
    const changed = await run(text.replace('price: 0.6', 'price: 0.7').replace('2048', '4096'));
    expect(changed.out).toContain('    contextLength: 2048 → 4096\n');
    expect(changed.out).toContain('600000000 nano a million-tokens → 700000000 nano a million-tokens');
    const as = { authorization: `Bearer ${platform.operatorKey}` };
    const { body } = await request(platform.url).get('/orrery/v1/price-books').set(as);
    expect(body.items.map(({ version, prices }: { version: number; prices: number }) => [version, prices])).toEqual([
      [3, 8],
      [2, 8],
      [1, 6],
    ]);
    const { body: older } = await request(platform.url).get('/orrery/v1/price-book?version=1').set(as);
    expect(older.prices.map(({ resource }: { resource: string }) => resource)).not.toContain('orrery/small-chat');
  });

  it('announces prices once, from a moment on', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const announced = text.replace('currency: EUR', `currency: EUR\n  effectiveAt: ${tomorrow}`).replace('2048', '4096');
    expect((await run(announced)).out).toContain(`price book from ${tomorrow} on`);
    expect((await run(announced)).out).toMatch(/^Nothing to do/);
  });

  it('says where the file is wrong, and asks nothing', async () => {
    const { code, err } = await run(text.replace('isLive', 'is_live'));
    expect([code, err]).toEqual([1, expect.stringMatching(/catalog\.yaml:15: models\[0\]\.is_live is not known here/)]);
  });

  it('tells which step was refused, and what was done before it', async () => {
    const refused = await run('providers: [{ id: acme, name: Acme }]\nmodels: [{ name: acme/thief, type: text, aliases: [tiny] }]\n');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('+ model acme/thief: The installation refused (409): Another model is called tiny already');
    expect(refused.err).toContain('1 of 2 steps were done');
  });

  it('removes what it is asked to prune, models before those whom they are from', async () => {
    const pruned = await run('providers: []\nmodels: []\n', ['--yes', '--prune']);
    expect([pruned.code, pruned.out.split('\n').slice(0, 3)]).toEqual([
      0,
      ['- model orrery/small-chat', '- provider acme', '- provider orrery'],
    ]);
    expect(await models()).toEqual([]);
  });
});
