import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { execution } from '@orrery/contracts';
import type { NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { buildAgent, Machine } from './fixtures/agent.ts';
import { Platform, type SpecOptions, specOf } from './fixtures/platform.ts';

jest.setTimeout(60_000);

/** Counts to a hundred in the given time. */
const counting = (seconds: number): string => `import time\nfor i in range(100):\n  print(i)\n  time.sleep(${seconds / 100})`;
const counted = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('');

describe('An agent', () => {
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

  afterEach(() => machine.dispose());

  afterAll(async () => {
    await platform?.stop();
    await nats?.stop();
  });

  const run = async (options: SpecOptions): Promise<execution.AttemptSpec> => {
    const spec = specOf(options);
    expect(await platform.start(spec)).toMatchObject({ accepted: true });
    await eventually(() => platform.reportsOf(spec.runId).length > 0);
    return spec;
  };

  it('leaves its programs alone when it is told to stop, and the next one takes them up', async () => {
    await machine.start();
    const spec = await run({ code: counting(1.5) });
    expect(await machine.stop()).toBe(0);
    expect(platform.endOf(spec.runId)).toBeUndefined();
    await machine.start();
    expect(await eventually(() => platform.endOf(spec.runId))).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect((await platform.output(spec.runId)).stdout).toBe(counted);
  });

  it('tells of the weights that lie on the machine, and lets programs read those that they name', async () => {
    const weights = mkdtempSync(join(tmpdir(), 'orrery-weights-'));
    chmodSync(weights, 0o755);
    for (const name of ['llama', 'qwen']) writeFileSync(join(weights, name), `the weights of ${name}`, { mode: 0o644 });
    await machine.start({ ORRERY_AGENT_WEIGHTS: weights });
    expect(platform.mind.joins.at(-1)?.facts.weights).toEqual(['llama', 'qwen']);
    const code = 'import os\nprint(os.listdir("/weights"), open("/weights/llama").read())\nopen("/weights/llama", "w")';
    const { runId } = await run({ code, weights: ['gone', 'llama'] });
    expect(await eventually(() => platform.endOf(runId))).toMatchObject({ exitCode: 1 });
    const { stdout, stderr } = await platform.output(runId);
    expect(stdout).toBe("['llama'] the weights of llama\n");
    expect(stderr).toContain('Read-only file system');
    rmSync(weights, { recursive: true });
  });

  it('takes no slice of a GPU, for it could not keep others off it', async () => {
    await machine.start();
    const spec = specOf({ code: 'print(1)', mig: { profile: '1g.10gb', start: 0 } });
    expect(await platform.start(spec)).toMatchObject({
      accepted: false,
      rejection: { code: 'CannotRun', details: { message: expect.stringContaining('MIG') } },
    });
    expect(await platform.start({ ...spec, mig: null })).toMatchObject({ accepted: true });
  });

  it('that drains lets them end, and starts no other', async () => {
    await machine.start({ ORRERY_AGENT_DRAIN: '1' });
    const spec = await run({ code: counting(1) });
    const stopped = machine.stop();
    await eventually(async () => expect(await platform.start(specOf({ code: '' }))).toMatchObject({ rejection: { code: 'CannotRun' } }));
    expect(await stopped).toBe(0);
    expect(platform.endOf(spec.runId)).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect((await platform.output(spec.runId)).stdout).toBe(counted);
  });

  it('joins once and keeps who it is to itself', async () => {
    await machine.start();
    const joins = platform.mind.joins.length;
    expect(await machine.stop()).toBe(0);
    await machine.start({ ORRERY_JOIN_TOKEN: 'used up' });
    expect(platform.mind.joins).toHaveLength(joins);
    expect(await eventually(() => machine.lines().some(({ msg }) => msg === 'ready'))).toBe(true);
  });

  it('says so and ends where its token is not good, or where it has none', async () => {
    machine.launch({ ORRERY_JOIN_TOKEN: 'bad' });
    expect(await machine.exit()).toBe(1);
    expect(machine.errors).toContain('refused to let this machine join (401). The join token is not valid');
    machine.launch({ ORRERY_JOIN_TOKEN: '' });
    expect(await machine.exit()).toBe(1);
    expect(machine.errors).toContain('set ORRERY_JOIN_TOKEN');
  });

  it('refuses a state directory that another one works with', async () => {
    await machine.start();
    const { pid } = machine;
    machine.launch();
    expect(await machine.exit()).toBe(1);
    expect(machine.errors).toContain(`belongs to another agent that runs (process ${pid})`);
    process.kill(pid, 'SIGKILL');
  });

  it('refuses to run programs without a sandbox, unless it is told to', async () => {
    const brokenSandbox = ['unshare', '--mount', 'sh', '-c', 'mount --bind /bin/false /usr/bin/bwrap && exec "$@"', 'sh'];
    machine.launch({}, brokenSandbox);
    expect(await machine.exit()).toBe(1);
    expect(machine.errors).toContain('This machine cannot shut programs in');
    machine.launch({ ORRERY_AGENT_UNSANDBOXED: '1' }, brokenSandbox);
    await eventually(async () => machine.health() !== '' && (await fetch(`${machine.health()}/ready`)).status === 200);
    expect(platform.mind.joins.at(-1)?.facts.sandboxed).toBe(false);
    const spec = await run({
      code: 'import os\nprint(os.path.exists("/var"), open("main.py").read()[:6], os.environ["WORD"])',
      env: { WORD: "it's $HOME" },
    });
    expect(await eventually(() => platform.endOf(spec.runId))).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect((await platform.output(spec.runId)).stdout).toBe("True import it's $HOME\n");
    const other = await run({ code: 'import time\ntime.sleep(30)', timeoutSeconds: 1 });
    expect(await eventually(() => platform.endOf(other.runId))).toMatchObject({ reason: 'time-limit', exitCode: 143 });
    await eventually(() => expect(machine.leftovers()).toEqual({ launchers: [], groups: [] }));
  });
});
