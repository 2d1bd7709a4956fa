import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { execution } from '@orrery/contracts';
import type { NatsServer } from '@orrery/servers';
import { eventually, type StandInGpus, slicedA100, standInGpus, startNats } from '@orrery/testing';
import { buildAgent, Machine } from './fixtures/agent.ts';
import { Platform, specOf } from './fixtures/platform.ts';

jest.setTimeout(60_000);

/** Tells what it was given, and stays until it is told to end. */
const stays = 'import os, time\nprint(os.environ.get("CUDA_VISIBLE_DEVICES"))\ntime.sleep(60)';
const slice = (start: number | null): execution.MigSlice => ({ profile: '1g.10gb', start });

describe('A machine with GPUs in MIG mode', () => {
  let nats: NatsServer;
  let platform: Platform;
  let machine: Machine;
  let gpus: StandInGpus;

  beforeAll(async () => {
    await buildAgent();
    nats = await startNats();
    platform = await Platform.start(nats);
  }, 120_000);

  beforeEach(() => {
    gpus = standInGpus([slicedA100(0)]);
    machine = new Machine({
      ORRERY_URL: platform.url,
      ORRERY_JOIN_TOKEN: 'good',
      ORRERY_AGENT_BEAT_MS: '200',
      ORRERY_AGENT_NVIDIA_SMI: gpus.program,
    });
  });

  afterEach(() => machine.dispose());

  afterAll(async () => {
    await platform?.stop();
    await nats?.stop();
  });

  const begin = async (start: number | null): Promise<execution.AttemptSpec> => {
    const spec = specOf({ code: stays, mig: slice(start) });
    expect(await platform.start(spec)).toMatchObject({ accepted: true });
    await eventually(() => platform.reportsOf(spec.runId).some(({ kind }) => kind === 'started'));
    return spec;
  };
  const refusalOf = (runId: string) => eventually(() => platform.reportsOf(runId).find(({ kind }) => kind === 'refused'));
  const facts = () => platform.mind.joins.at(-1)?.facts;

  it('tells the platform what its GPUs can be cut into, and which NVLink joins', async () => {
    const whole = { uuid: 'GPU-w', name: 'NVIDIA A100-SXM4-80GB', memoryMib: 81_920 };
    gpus.set({ gpus: [slicedA100(0), { ...whole, links: { 2: 'NV12', 0: 'PIX' } }, { ...whole, links: { 1: 'NV12' } }] });
    await machine.start();
    expect(facts()).toMatchObject({
      slicesGpus: true,
      gpus: [
        { index: 0, model: 'a100', mig: 'a100-80gb', island: 0 },
        { index: 1, island: 1 },
        { index: 2, island: 1 },
      ],
    });
    expect(facts()?.gpus[1]).not.toHaveProperty('mig');
  });

  it('makes a slice for each program where it was placed, and destroys it before it tells of the end', async () => {
    await machine.start();
    const [one, other] = [await begin(4), await begin(5)];
    expect(gpus.slices().map(({ start }) => start)).toEqual([4, 5]);
    const [first, second] = gpus.slices();
    const told = async (spec: execution.AttemptSpec, uuid = '') =>
      await eventually(async () => expect((await platform.output(spec.runId)).stdout).toBe(`${uuid}\n`));
    await told(one, first?.uuid);
    await told(other, second?.uuid);
    const seen: number[] = [];
    const report = platform.mind.reports.push.bind(platform.mind.reports);
    platform.mind.reports.push = (...reports) => {
      if (reports.some(({ kind }) => kind === 'ended')) seen.push(gpus.slices().length);
      return report(...reports);
    };
    await platform.end(one, 'abort', 'aborted');
    await eventually(() => platform.endOf(one.runId));
    await platform.end(other, 'abort', 'aborted');
    await eventually(() => platform.endOf(other.runId));
    expect(seen).toEqual([1, 0]);
    await begin(4);
  });

  it('starts nothing where the driver has no room, and leaves nothing behind', async () => {
    await machine.start();
    gpus.set({ isFull: true });
    const spec = specOf({ code: stays, mig: slice(4) });
    await platform.start(spec);
    expect(await refusalOf(spec.runId)).toMatchObject({ isRetryable: true, message: expect.stringContaining('Insufficient Resources') });
    gpus.set({ isFull: false });
    await begin(4);
    expect(gpus.slices()).toHaveLength(1);
  });

  it('tries again to destroy a slice that is still in use', async () => {
    await machine.start();
    const spec = await begin(null);
    gpus.set({ busy: 3 });
    await platform.end(spec, 'abort', 'aborted');
    await eventually(() => platform.endOf(spec.runId), { within: 15_000 });
    expect(gpus.slices()).toEqual([]);
  });

  it('keeps the slices of programs that outlive its agent, and destroys those of programs that are gone', async () => {
    await machine.start();
    const [lives, dies] = [await begin(0), await begin(1)];
    await machine.kill9();
    platform.mind.answer = { kill: [dies].map(({ runId, attempt, epoch }) => ({ runId, attempt, epoch })), end: [] };
    await machine.start();
    await eventually(() => expect(gpus.slices().map(({ start }) => start)).toEqual([0]));
    platform.mind.answer = { kill: [], end: [] };
    await platform.end(lives, 'abort', 'aborted');
    await eventually(() => platform.endOf(lives.runId));
    expect(gpus.slices()).toEqual([]);
  });

  it('destroys the slices of programs of which nobody knows any more', async () => {
    await machine.start();
    await begin(3);
    await machine.kill9();
    rmSync(join(machine.state, 'journal'), { recursive: true });
    await machine.start();
    await eventually(() => expect(gpus.slices()).toEqual([]));
  });

  it('places nothing on GPUs with slices that others made, and never destroys these', async () => {
    const [gpu = slicedA100(0)] = gpus.state().gpus;
    const others = [{ profile: '2g.20gb', id: 9, start: 2, uuid: 'MIG-theirs', hasCompute: true }];
    gpus.set({ gpus: [{ ...gpu, slices: others }] });
    await machine.start();
    expect(facts()?.gpus).toMatchObject([{ mig: 'occupied' }]);
    expect(facts()).not.toHaveProperty('slicesGpus');
    const spec = specOf({ code: stays, mig: slice(2) });
    expect(await platform.start(spec)).toMatchObject({ rejection: { code: 'CannotRun' } });
    expect(gpus.slices()).toEqual(others);
  });

  it('gives neither slices nor whole GPUs where it may not cut them', async () => {
    gpus.set({ isForbidden: true });
    await machine.start();
    expect(facts()?.gpus).toMatchObject([{ mig: 'unknown' }]);
    expect(facts()).not.toHaveProperty('slicesGpus');
  });
});
