import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { main } from '@orrery/cli';
import { eventually } from '@orrery/testing';
import { type Customer, type InferenceSystem, operatorKey, startInferenceSystem } from './fixtures/inference-system.ts';

const credential = 'sk-written-nowhere-else';
const other = 'sk-that-came-later';

describe('orrery apply, of what serves models', () => {
  let system: InferenceSystem;
  let customer: Customer;
  let key: string;
  let folder: string;

  beforeAll(async () => {
    [system, folder] = await Promise.all([startInferenceSystem(), mkdtemp(join(tmpdir(), 'orrery-routing-'))]);
    customer = await system.customer();
    key = await customer.key();
  }, 120_000);
  afterAll(async () => {
    await system?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const textWith = ({ path = '/v1', attempts = 2, tokens = 200_000, secret = '{ env: GPU_KEY }' } = {}): string => `
models:
  - { name: acme/two, type: text, aliases: [two], contextLength: 1000, maxOutputTokens: 100, isLive: true }
upstreams:
  - name: applied
    baseUrl: ${system.model.baseUrl.replace('/v1', path)}
    credential: ${secret}
routes:
  - { name: two, models: [acme/two, two], targets: [{ upstream: applied, model: served-two }], attempts: ${attempts}, fallbacks: [all] }
limits:
  - { org: ${customer.orgId}, limits: { tokensPerMinute: ${tokens} } }
`;

  const run = async (text: string, options: readonly string[] = [], env: Readonly<Record<string, string>> = { GPU_KEY: credential }) => {
    const file = join(folder, 'catalog.yaml');
    await writeFile(file, text);
    const said = { out: '', err: '' };
    const code = await main({
      argv: ['apply', file, '--yes', ...options],
      env: { ORRERY_URL: system.url, ORRERY_OPERATOR_KEY: operatorKey, ...env },
      input: Readable.from([]),
      out: { write: (piece) => (said.out += piece) },
      err: { write: (piece) => (said.err += piece) },
    });
    for (const each of [credential, other]) expect(`${said.out}${said.err}`).not.toContain(each);
    return { code, ...said };
  };
  const chat = () => system.chat(key, { model: 'two' });
  const lastVisit = () => system.model.visits.at(-1);

  it('refuses what names nothing, and what it cannot read, by line, and does nothing', async () => {
    const wrong = textWith().replace('upstream: applied', 'upstream: nobody').replace('[all]', '[none]');
    const { code, err } = await run(wrong, [], {});
    expect([code, err.split('\n').map((line) => line.replace(/^.*catalog\.yaml:/, ''))]).toEqual([
      1,
      [
        '9: routes[0].targets[0].upstream names no upstream: there is no nobody; add it under upstreams, or name another one',
        '9: routes[0].fallbacks[0] names no route: there is no none; add it, or name another one',
        '7: upstreams[0].credential.env is not set: give GPU_KEY its value, and apply again',
        '',
      ],
    ]);
    expect((await chat()).status).toBe(404);
  });

  it('makes a model answer, with the credential, and then has nothing to do', async () => {
    const first = await run(textWith());
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toContain('    credential: none → what the variable GPU_KEY holds\n');
    await eventually(async () => expect((await chat()).status).toBe(200), { within: 15_000 });
    expect(lastVisit()).toMatchObject({ body: { model: 'served-two' }, headers: { authorization: `Bearer ${credential}` } });
    const second = await run(textWith(), [], {});
    expect([second.code, second.err, second.out.split('\n')[0]]).toEqual([0, '', 'Nothing to do.']);
    expect(second.out).toContain('upstream gpu');
  });

  it('changes what runs, without a restart, and shows the difference', async () => {
    const { out } = await run(textWith({ path: '/moved/v1', attempts: 1, tokens: 100_000 }), [], {});
    expect(out).toContain('~ upstream applied\n    baseUrl: ');
    expect(out).toContain('~ route two\n    attempts: 2 → 1\n');
    expect(out).toContain(`~ limits of ${customer.orgId}\n    tokensPerMinute: 200000 → 100000\n`);
    await eventually(async () => {
      const answer = await chat();
      expect([answer.status, lastVisit()?.path, answer.headers.get('x-ratelimit-limit-tokens')]).toEqual([
        200,
        '/moved/v1/chat/completions',
        '100000',
      ]);
    });
    // Nobody said that it is another one.
    expect(lastVisit()).toMatchObject({ headers: { authorization: `Bearer ${credential}` } });
  });

  it('sets credentials again where that is asked for, from a file too, and takes them away', async () => {
    await writeFile(join(folder, 'gpu.key'), `${other}\n`);
    const changed = textWith({ path: '/moved/v1', attempts: 1, tokens: 100_000, secret: '{ file: gpu.key }' });
    const { out } = await run(changed, ['--credentials']);
    expect(out).toContain('~ upstream applied\n    credential: set → what the file gpu.key holds\n');
    await eventually(async () => {
      await chat();
      expect(lastVisit()).toMatchObject({ headers: { authorization: `Bearer ${other}` } });
    });
    expect((await run(changed.replace('{ file: gpu.key }', 'null'))).out).toContain('    credential: set → none\n');
    await eventually(async () => {
      await chat();
      expect(lastVisit()?.headers).not.toHaveProperty('authorization');
    });
  });

  it('removes what it is asked to prune, and the others go on', async () => {
    const text = `upstreams:\n  - { name: gpu, baseUrl: '${system.model.baseUrl}' }\nroutes:\n  - { name: all, models: [acme/one, acme/free], targets: [{ upstream: gpu, model: served }] }\n`;
    const { code, out } = await run(text, ['--prune']);
    expect([code, out.split('\n').slice(0, 2)]).toEqual([0, ['- route two', '- upstream applied']]);
    await eventually(async () => expect((await chat()).status).toBe(503));
    expect((await system.chat(key, { model: 'free' })).status).toBe(200);
  });
});
