import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execution } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { buildAgent, Machine } from './fixtures/agent.ts';
import { type Guard, startGuardedNats } from './fixtures/guard.ts';
import { Platform, specOf } from './fixtures/platform.ts';

jest.setTimeout(90_000);

const counting = (seconds: number): string => `import time\nfor i in range(100):\n  print(i)\n  time.sleep(${seconds / 100})`;
const counted = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('');
const secret = 's'.repeat(43);

describe('A machine on a bus that asks for credentials', () => {
  let guard: Guard;
  let platform: Platform;
  let machine: Machine;
  /** How long credentials last that are made now. */
  let lifeSeconds: number;

  beforeAll(() => buildAgent(), 120_000);

  beforeEach(async () => {
    guard = await startGuardedNats();
    platform = await Platform.start(guard.nats, guard.own);
    lifeSeconds = 6;
    platform.mind.credentials = () => guard.mint(platform.mind.workerId, lifeSeconds);
    machine = new Machine({ ORRERY_URL: platform.url, ORRERY_JOIN_TOKEN: 'good', ORRERY_AGENT_BEAT_MS: '200' });
  }, 60_000);

  afterEach(async () => {
    await machine.dispose();
    await platform.stop();
    await guard.nats.stop();
  });

  const errors = (): readonly (string | undefined)[] =>
    machine.lines().flatMap(({ level, msg }) => (level === 'error' || level === 'warn' ? [msg] : []));
  const hashes = (): string => readFileSync(join(machine.state, 'nats.creds'), 'utf8');

  it('renews them before they expire, over and over, and its programs notice nothing', async () => {
    await machine.start();
    const first = hashes();
    const spec = specOf({ code: counting(13) });
    expect(await platform.start(spec)).toMatchObject({ accepted: true });
    const end = await eventually(() => platform.endOf(spec.runId), { within: 60_000 });
    expect(end).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect((await platform.output(spec.runId)).stdout).toBe(counted);
    // Thirteen seconds are more than two lives of six.
    expect(platform.mind.renewals).toBeGreaterThan(3);
    expect(hashes()).not.toBe(first);
    expect(errors()).toEqual([]);
  });

  it('goes on asking while the platform renews none, and comes back with what it gets at last', async () => {
    await machine.start();
    await eventually(() => expect(platform.mind.renewals).toBeGreaterThan(0));
    platform.mind.credentials = () => Promise.reject(new Error('the key is not there'));
    await eventually(() => expect(errors()).toContain('the credentials of this machine could not be renewed yet'));
    platform.mind.credentials = () => guard.mint(platform.mind.workerId, lifeSeconds);
    const renewals = platform.mind.renewals;
    await eventually(() => expect(platform.mind.renewals).toBeGreaterThan(renewals + 3), { within: 30_000 });
    expect(errors().filter((msg) => msg?.startsWith('the bus does not take'))).toEqual([]);
  });

  it('is told what to do when it was away for longer than they last, and joins again as itself', async () => {
    lifeSeconds = 2;
    await machine.start();
    const spec = specOf({ code: 'import time\nprint("x", flush=True)\ntime.sleep(1)' });
    await platform.start(spec);
    await machine.kill9();
    const { workerId } = platform.mind;
    const outlived = Date.now() + 2_500;
    await eventually(() => Date.now() > outlived, { every: 200 });
    machine.launch();
    await eventually(() => expect(errors().join()).toContain('an operator makes a token for it'), { within: 20_000 });
    await machine.stop();

    lifeSeconds = 3_600;
    const token = execution.writeJoinToken({ workerId, secret });
    platform.mind.tokens.add(token);
    await machine.start({ ORRERY_JOIN_TOKEN: token });
    // What ended while nobody could be told is told now.
    expect(await eventually(() => platform.endOf(spec.runId))).toMatchObject({ reason: 'exited', exitCode: 0 });
    await machine.stop();
    const joins = platform.mind.joins.length;
    await machine.start({ ORRERY_JOIN_TOKEN: token });
    expect(platform.mind.joins).toHaveLength(joins);
  });

  it('is not let in with a token that is for another machine', async () => {
    lifeSeconds = 3_600;
    await machine.start();
    await machine.stop();
    const other = execution.WorkerId.parse('0199c0de-0000-7000-8000-0000000000ff');
    machine.launch({ ORRERY_JOIN_TOKEN: execution.writeJoinToken({ workerId: other, secret }) });
    expect(await machine.exit()).not.toBe(0);
    expect(
      machine.errors +
        machine
          .lines()
          .map(({ msg }) => msg)
          .join(),
    ).toContain(`ORRERY_JOIN_TOKEN is for worker ${other}`);
  });
});
