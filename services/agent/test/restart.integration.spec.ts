import { appendFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { execution } from '@orrery/contracts';
import type { NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { lineOf } from '../src/journal/line.ts';
import { now } from '../src/runtime/proc.ts';
import { buildAgent, Machine } from './fixtures/agent.ts';
import { Platform, refOf, type SpecOptions, specOf } from './fixtures/platform.ts';

/** Counts to a hundred in the given time. */
const counting = (seconds: number, code = 0): string =>
  `import sys, time\nfor i in range(100):\n  print(i)\n  time.sleep(${seconds / 100})\nsys.exit(${code})`;
const counted = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('');

jest.setTimeout(60_000);

describe('After its agent was killed', () => {
  let nats: NatsServer;
  let platform: Platform;
  let machine: Machine;

  beforeAll(async () => {
    await buildAgent();
    nats = await startNats();
    platform = await Platform.start(nats);
  }, 120_000);

  beforeEach(() => {
    machine = new Machine({ ORRERY_URL: platform.url, ORRERY_JOIN_TOKEN: 'good', ORRERY_AGENT_BEAT_MS: '200' });
  });

  afterEach(async () => {
    platform.mind.refusal = undefined;
    platform.mind.isDeaf = false;
    await machine.dispose();
  });

  afterAll(async () => {
    await platform?.stop();
    await nats?.stop();
  });

  const run = async (options: SpecOptions): Promise<execution.AttemptSpec> => {
    const spec = specOf(options);
    expect(await platform.start(spec)).toMatchObject({ accepted: true });
    return spec;
  };
  const started = ({ runId }: execution.AttemptSpec) => eventually(() => platform.reportsOf(runId).length > 0);
  const ended = ({ runId }: execution.AttemptSpec) => eventually(() => platform.endOf(runId), { within: 15_000 });
  const fileOf = ({ runId }: execution.AttemptSpec, name: string) => join(machine.state, 'runs', `${runId}.1`, name);
  const written = (spec: execution.AttemptSpec): number => statSync(fileOf(spec, 'stdout')).size;
  /** How long ago the last accepted heartbeat was sent, by the machine's uptime. */
  const heldForMs = (): number => now().uptimeMs - JSON.parse(readFileSync(join(machine.state, 'pulse'), 'utf8')).beatSentAt.uptimeMs;
  const nothingLeft = () => eventually(() => expect(machine.leftovers()).toEqual({ launchers: [], groups: [] }));

  it('a program lives on, and its end is told once, with its true code and time and all of its output', async () => {
    await machine.start();
    const spec = await run({ code: counting(1.5, 9) });
    await started(spec);
    await eventually(async () => expect((await platform.output(spec.runId)).chunks.length).toBeGreaterThan(1));
    await machine.kill9();
    const before = written(spec);
    // It goes on while nobody looks after it.
    await eventually(() => written(spec) > before + 20);
    await machine.start();
    const end = await ended(spec);
    expect(end).toMatchObject({ ...refOf(spec), reason: 'exited', exitCode: 9 });
    expect(end.ranMs).toBeGreaterThan(1_450);
    expect(end.ranMs).toBeLessThan(3_000);
    const output = await platform.output(spec.runId);
    expect(output.stdout).toBe(counted);
    expect(output.chunks).toHaveLength(end.lastSeq);
    await nothingLeft();
    expect(platform.reportsOf(spec.runId).map(({ kind }) => kind)).toEqual(['started', 'ended']);
  });

  it('a program that ended meanwhile is told of as of the moment it did', async () => {
    await machine.start();
    const asked = Date.now();
    const spec = await run({ code: counting(0.4, 5) });
    await started(spec);
    await machine.kill9();
    await eventually(() => expect(readFileSync(fileOf(spec, 'exit'), 'utf8')).toMatch(/^5 /));
    const over = Date.now();
    await machine.start();
    const end = await ended(spec);
    expect(end).toMatchObject({ reason: 'exited', exitCode: 5 });
    expect(Date.parse(end.at)).toBeLessThanOrEqual(over);
    expect(end.ranMs).toBeLessThanOrEqual(over - asked);
    expect((await platform.output(spec.runId)).stdout).toBe(counted);
  });

  it('a program is held to its time limit as if nothing had happened', async () => {
    await machine.start();
    const spec = await run({ code: 'import time\ntime.sleep(30)', timeoutSeconds: 2, graceSeconds: 1 });
    await started(spec);
    await machine.kill9();
    await machine.start();
    const end = await ended(spec);
    expect(end).toMatchObject({ reason: 'time-limit', exitCode: 143 });
    expect(end.ranMs).toBeGreaterThan(1_950);
    // The program itself would have taken longer.
    expect(end.ranMs).toBeLessThan(25_000);
  });

  it('what it was asked to end is ended', async () => {
    await machine.start();
    const spec = await run({
      code: 'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("deaf")\ntime.sleep(30)',
      graceSeconds: 1,
    });
    await eventually(async () => expect((await platform.output(spec.runId)).stdout).toBe('deaf\n'));
    await platform.end(spec, 'stop', 'stopped');
    await machine.kill9();
    await machine.start();
    expect(await ended(spec)).toMatchObject({ reason: 'stopped', exitCode: 137 });
  });

  it('whenever that was, a program runs once, tells all, and its end is told', async () => {
    await machine.start();
    for (let round = 0; round < 12; round += 1) {
      const spec = specOf({ code: 'print("begin")\nimport time\ntime.sleep(0.05)\nprint("end")' });
      // Its answer may be lost with the agent, and is asked for again below.
      void platform.start(spec).catch(() => undefined);
      // Any moment of its life may be the last: this is the one thing here that only time decides.
      await pause(Math.random() * 160);
      await machine.kill9();
      await machine.start();
      // As the platform does until it is acknowledged; one that has run already is refused.
      await eventually(async () => (await platform.start(spec).catch(() => undefined)) !== undefined);
      await ended(spec);
      expect((await platform.output(spec.runId)).stdout).toBe('begin\nend\n');
      await nothingLeft();
      expect(new Set(platform.reportsOf(spec.runId).map(({ kind }) => kind))).toEqual(new Set(['started', 'ended']));
    }
  }, 240_000);

  it('a program that had not begun, and whose environment went with the agent, is given back to be tried again', async () => {
    await machine.start();
    await machine.kill9();
    const { env, ...spec } = specOf({ code: 'print("never")', env: { PASSWORD: 'x' } });
    const data = { spec, needsEnv: Object.keys(env).length > 0, slot: 0, ...now() };
    appendFileSync(join(machine.state, 'journal'), lineOf({ key: `${spec.runId}.1`, event: { type: 'AttemptAccepted', data } }));
    await machine.start();
    await eventually(() => expect(platform.reportsOf(spec.runId)).toMatchObject([{ kind: 'refused', isRetryable: true }]));
    await nothingLeft();
  });

  it('what nobody claims any more is reaped', async () => {
    await machine.start();
    const spec = await run({ code: 'import time\ntime.sleep(60)' });
    await started(spec);
    await machine.kill9();
    rmSync(join(machine.state, 'journal'));
    expect(machine.leftovers().launchers).not.toEqual([]);
    await machine.start();
    await nothingLeft();
    expect(platform.endOf(spec.runId)).toBeUndefined();
  });

  it('a program whose launcher was killed too is told of as far as it was seen', async () => {
    await machine.start();
    const spec = await run({ code: 'import time\nprint("here")\ntime.sleep(60)' });
    await started(spec);
    await machine.kill9();
    for (const pid of machine.leftovers().launchers) process.kill(pid, 'SIGKILL');
    await eventually(() => expect(machine.leftovers().launchers).toEqual([]));
    await machine.start();
    const end = await ended(spec);
    expect(end).toMatchObject({ reason: 'worker-lost', exitCode: null });
    expect(end.ranMs).toBeLessThan(2_000);
    expect((await platform.output(spec.runId)).stdout).toBe('here\n');
    await nothingLeft();
  });

  it('a program whose lease ran out meanwhile is killed and told of', async () => {
    const lease = { ORRERY_AGENT_LEASE_MS: '1000' };
    await machine.start(lease);
    const spec = await run({ code: 'import time\ntime.sleep(60)' });
    await started(spec);
    await machine.kill9();
    await eventually(() => heldForMs() > 1_000);
    await machine.start(lease);
    expect(await ended(spec)).toMatchObject({ reason: 'lease-lost', exitCode: 137 });
    await nothingLeft();
  });

  it('a program lives while its lease does', async () => {
    const lease = { ORRERY_AGENT_LEASE_MS: '5000' };
    await machine.start(lease);
    const spec = await run({ code: 'import time\ntime.sleep(1)' });
    await started(spec);
    await machine.kill9();
    await machine.start(lease);
    expect(await ended(spec)).toMatchObject({ reason: 'exited', exitCode: 0 });
  });

  it('reports that the platform never answered are made again', async () => {
    await machine.start();
    platform.mind.isDeaf = true;
    const spec = await run({ code: 'print("x")' });
    await eventually(async () => expect((await platform.output(spec.runId)).stdout).toBe('x\n'));
    await eventually(() => expect(platform.mind.beats.at(-1)?.attempts).toEqual([{ ...refOf(spec), phase: 'ended' }]));
    await machine.kill9();
    await machine.start();
    expect(platform.reportsOf(spec.runId)).toEqual([]);
    platform.mind.isDeaf = false;
    await ended(spec);
    expect(platform.reportsOf(spec.runId).map(({ kind }) => kind)).toEqual(['started', 'ended']);
    await nothingLeft();
  });

  it('a journal whose last line is torn is read as far as it is whole', async () => {
    await machine.start();
    const spec = await run({ code: counting(1) });
    await started(spec);
    await machine.kill9();
    appendFileSync(join(machine.state, 'journal'), 'deadbeef {"key":"half');
    await machine.start();
    expect(await ended(spec)).toMatchObject({ reason: 'exited' });
    expect(readFileSync(join(machine.state, 'journal'), 'utf8')).not.toContain('half');
  });
});
