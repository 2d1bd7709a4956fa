import { execution } from '@orrery/contracts';
import { commonStreams, ensureStreams, outputWaiting } from '@orrery/event-store';
import type { NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { AckPolicy } from 'nats';
import { buildAgent, Machine } from './fixtures/agent.ts';
import { Platform, type SpecOptions, specOf } from './fixtures/platform.ts';

jest.setTimeout(60_000);

const counting = (seconds: number): string => `import time\nfor i in range(100):\n  print(i)\n  time.sleep(${seconds / 100})`;
const counted = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('');

describe('While the bus is down', () => {
  let nats: NatsServer;
  let platform: Platform;
  let machine: Machine;

  beforeAll(() => buildAgent(), 120_000);

  beforeEach(async () => {
    nats = await startNats();
    platform = await Platform.start(nats);
    machine = new Machine({ ORRERY_URL: platform.url, ORRERY_JOIN_TOKEN: 'good', ORRERY_AGENT_BEAT_MS: '200' });
  });

  afterEach(async () => {
    await machine.dispose();
    await platform.stop();
    await nats.stop();
  });

  const run = async (options: SpecOptions): Promise<execution.AttemptSpec> => {
    const spec = specOf(options);
    expect(await platform.start(spec)).toMatchObject({ accepted: true });
    await eventually(async () => expect((await platform.output(spec.runId)).chunks.length).toBeGreaterThan(0));
    return spec;
  };
  const ended = ({ runId }: execution.AttemptSpec) => eventually(() => platform.endOf(runId), { within: 25_000 });
  const over = () => eventually(() => expect(machine.leftovers().launchers).toEqual([]), { within: 20_000 });

  it('a program runs to its end, and nothing it wrote is lost', async () => {
    await machine.start();
    const spec = await run({ code: counting(1.5) });
    await nats.kill9();
    await over();
    await nats.restart();
    expect(await ended(spec)).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect((await platform.output(spec.runId)).stdout).toBe(counted);
  });

  it('an agent that is killed as well takes up its programs before it reaches anybody', async () => {
    await machine.start();
    const spec = await run({ code: `${counting(1)}\ntime.sleep(60)`, timeoutSeconds: 4 });
    await nats.kill9();
    await machine.kill9();
    machine.launch();
    await over();
    await nats.restart();
    const end = await ended(spec);
    expect(end).toMatchObject({ reason: 'time-limit', exitCode: 143 });
    expect(end.ranMs).toBeLessThan(10_000);
    expect((await platform.output(spec.runId)).stdout).toBe(counted);
  });

  it('a program dies with its lease', async () => {
    await machine.start({ ORRERY_AGENT_LEASE_MS: '1500' });
    const spec = await run({ code: 'import time\nprint("x")\ntime.sleep(60)' });
    await nats.stop();
    await over();
    await nats.restart();
    expect(await ended(spec)).toMatchObject({ reason: 'lease-lost', exitCode: 137 });
  });

  it('the end is told at last even where only the output cannot be taken, which follows when it can', async () => {
    await machine.start();
    const { streams } = await platform.manager();
    await streams.delete('OUTPUT');
    const spec = specOf({ code: 'print("late")' });
    await platform.start(spec);
    expect(await ended(spec)).toMatchObject({ reason: 'exited', lastSeq: 1 });
    await streams.add({ name: 'OUTPUT', subjects: ['tele.output.>'] });
    await eventually(async () => expect((await platform.output(spec.runId)).stdout).toBe('late\n'), { within: 20_000 });
    await eventually(() => expect(platform.mind.beats.at(-1)?.attempts).toEqual([]));
  });

  it('a run that floods waits for the store, and costs another none of its lines', async () => {
    const manager = await platform.manager();
    await manager.streams.delete('OUTPUT');
    await ensureStreams(manager, commonStreams());
    await machine.start();
    const noisy = specOf({ code: 'import time\nfor i in range(3000):\n  print(i)\n  time.sleep(0.001)' });
    await platform.start(noisy);
    const waiting = async (spec: execution.AttemptSpec): Promise<number> => {
      const { state } = await manager.streams.info('OUTPUT', { subjects_filter: `tele.output.*.${spec.runId}` });
      return Object.values(state.subjects ?? {})[0] ?? 0;
    };
    await eventually(async () => (await waiting(noisy)) === outputWaiting, { within: 20_000 });
    const quiet = specOf({ code: counting(0.2) });
    await platform.start(quiet);
    expect(await ended(quiet)).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect(await waiting(noisy)).toBe(outputWaiting);
    // The store is back: it takes what waits, and what follows.
    const chunks = new Map<string, execution.OutputChunk>();
    const told = (spec: execution.AttemptSpec): string => {
      const own = [...chunks.values()].filter(({ runId }) => runId === spec.runId).sort((a, b) => a.seq - b.seq);
      return own.map(({ text }) => text).join('');
    };
    const consumer = await platform.consumer('OUTPUT', { durable_name: 'store', ack_policy: AckPolicy.Explicit });
    const messages = await consumer.consume({
      callback: (message) => {
        for (const chunk of execution.OutputBatch.parse(message.json()).chunks) chunks.set(`${chunk.runId} ${chunk.seq}`, chunk);
        message.ack();
      },
    });
    const all = Array.from({ length: 3_000 }, (_, i) => `${i}\n`).join('');
    await eventually(() => expect(told(noisy)).toBe(all), { within: 30_000 });
    expect(told(quiet)).toBe(counted);
    await messages.close();
    await ended(noisy);
  });

  it('samples wait, and are sent when it is back', async () => {
    await machine.start();
    const spec = await run({ code: counting(0.5) });
    await nats.stop();
    // The last sample of a program is taken at its end.
    await over();
    await nats.restart();
    const samples = async () =>
      (await platform.stored('METRICS', 'tele.metrics.>')).flatMap((payload) => execution.MetricBatch.parse(payload).samples);
    await eventually(async () => expect((await samples()).map(({ runId }) => runId)).toContain(spec.runId), { within: 20_000 });
  });
});
