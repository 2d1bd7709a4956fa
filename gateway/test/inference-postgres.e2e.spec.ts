import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf, identityOf, type Server, signal } from '@orrery/servers';
import { completes, eventually, startPostgres } from '@orrery/testing';
import { holdStream } from './fixtures/held-stream.ts';
import { type Customer, type InferenceSystem, nanosPerToken, startInferenceSystem } from './fixtures/inference-system.ts';

/** The postmaster first: it would start others. */
const tell = (postgres: Server, name: NodeJS.Signals): void => {
  const pid = Number(readFileSync(join(postgres.dir, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const postmaster = identityOf(pid);
  if (postmaster === undefined) throw new Error('PostgreSQL does not run');
  for (const each of [postmaster, ...childrenOf(pid)]) signal(each, name);
};

interface Away {
  readonly begin: (postgres: Server) => Promise<void> | void;
  readonly end: (postgres: Server) => Promise<void> | void;
}

const ways: Readonly<Record<string, Away>> = {
  stopped: { begin: (postgres) => postgres.stop(), end: (postgres) => postgres.restart() },
  'killed without warning': { begin: (postgres) => postgres.kill9(), end: (postgres) => postgres.restart() },
  'there, and silent': { begin: (postgres) => tell(postgres, 'SIGSTOP'), end: (postgres) => tell(postgres, 'SIGCONT') },
};

interface Row {
  readonly outcome: string;
  readonly cost: string;
  readonly isEstimated: boolean;
}

const counted = (tokens: number) => ({ prompt_tokens: 11, completion_tokens: tokens });
const costOf = (tokens: number): bigint => BigInt(tokens) * nanosPerToken;
const sumOf = (costs: readonly (string | bigint)[]): bigint => costs.reduce<bigint>((sum, cost) => sum + BigInt(cost), 0n);

/** Services go on by themselves when it is back, after pauses that grow while it is away. */
const patient = { within: 60_000, every: 200 };

const rowsOf = (who: Customer, count: number): Promise<readonly Row[]> =>
  eventually(async () => {
    const { items } = (await who.call('get', '/inference/requests?limit=100')).body;
    expect(items).toHaveLength(count);
    return items;
  }, patient);

const expectBilled = async (who: Customer, rows: readonly Row[]): Promise<void> => {
  const cost = sumOf(rows.map((row) => row.cost));
  await eventually(async () => {
    expect((await who.call('get', '/balance')).body.used).toBe(String(cost));
    const lines: readonly { cost: string; requests: number }[] = (await who.call('get', '/usage/inference')).body.items;
    expect([lines.reduce((sum, { requests }) => sum + requests, 0), sumOf(lines.map((line) => line.cost))]).toEqual([rows.length, cost]);
  }, patient);
};

describe('Calling models while PostgreSQL alone is away', () => {
  let postgres: Server;
  let system: InferenceSystem;

  beforeAll(async () => {
    postgres = await startPostgres();
    system = await startInferenceSystem({ ORRERY_POSTGRES_URL: postgres.url });
  }, 120_000);
  afterAll(async () => {
    await system?.stop();
    await postgres?.stop();
  }, 60_000);

  const callsWhile = async (key: string, tokens: number): Promise<void> => {
    system.model.next(completes({ usage: counted(tokens) }), completes({ usage: counted(tokens) }));
    const whole = await system.chat(key);
    expect([whole.status, whole.headers.get('x-orrery-cost')]).toEqual([200, `${costOf(tokens)} EUR`]);
    const streamed = await system.chat(key, { stream: true });
    expect([streamed.status, await streamed.text()]).toEqual([200, expect.stringContaining('[DONE]')]);
  };

  it.each(Object.entries(ways))(
    '%s: goes on, whole and streamed, and each call is on the bill once when it is back',
    async (_, away) => {
      const who = await system.customer();
      const key = await who.key();
      await eventually(async () => expect((await system.chat(key)).status).toBe(200), { within: 15_000 });
      const [left, before, across] = [await holdStream(system, key), await holdStream(system, key), await holdStream(system, key)];
      await away.begin(postgres);
      let late: typeof across;
      try {
        for (const tokens of [1, 2, 3]) await callsWhile(key, tokens);
        expect(await before.end(counted(2))).toContain('[DONE]');
        await left.leave();
        late = await holdStream(system, key);
      } finally {
        await away.end(postgres);
      }
      expect(await across.end(counted(3))).toContain('[DONE]');
      expect(await late.end(counted(1))).toContain('[DONE]');
      const rows = await rowsOf(who, 11);
      const [estimate, ...others] = rows.filter(({ outcome }) => outcome === 'left-while-it-was-answered');
      // Ten characters were read before it left: three tokens, about.
      expect([estimate, others]).toEqual([expect.objectContaining({ isEstimated: true, cost: String(costOf(3)) }), []]);
      const finished = rows.filter(({ outcome }) => outcome === 'finished');
      expect([finished.length, sumOf(finished.map(({ cost }) => cost))]).toEqual([10, costOf(4 + 2 * (1 + 2 + 3) + 2 + 3 + 1)]);
      await expectBilled(who, rows);
    },
    150_000,
  );
});
