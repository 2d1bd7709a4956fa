import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { execution } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import type { FakeAgent, Held } from './world/fake-agent.ts';
import { buildService, ServiceProcess } from './world/service-process.ts';
import { World } from './world/world.ts';

const kills = Number(process.env['ORRERY_KILLS'] ?? 5);
const submissions = 60;

let world: World;
let service: ServiceProcess;
beforeAll(async () => {
  await buildService();
  world = await World.build();
  service = new ServiceProcess(world.env);
  await service.start();
  await world.offer();
}, 180_000);
afterAll(async () => {
  await service.kill9();
  await world.close();
}, 30_000);

/** Tries until the platform has answered: it may be away, and what it did before it died is done. */
const insist = async <T>(work: () => Promise<T>): Promise<T> => {
  const until = Date.now() + 60_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > until) throw error;
      await pause(50 + Math.random() * 100);
    }
  }
};

/** A machine whose programs run for a moment; its reports are repeated until they are answered, as an agent's journal would. */
const worker = async (began: string[]): Promise<FakeAgent> => {
  const agent = await world.machine({ cpuMilli: 8_000 }, 300);
  const live = async (held: Held): Promise<void> => {
    began.push(`${held.spec.runId} ${held.spec.attempt}`);
    await insist(() => agent.begin(held));
    await pause(Math.random() * 150);
    await insist(() => agent.finish(held, { ranMs: 5, lastSeq: 0 }));
  };
  agent.onStart = (held) => void live(held);
  return agent;
};

it(`loses no run and doubles none when the service is killed ${kills} times at any point`, async () => {
  const began: string[] = [];
  const agents = [await worker(began), await worker(began)];
  const runs = new Set<string>();
  const submit = async (): Promise<void> => {
    const context = { commandId: randomUUID(), idempotent: true };
    const run = await insist(() => world.submit({}, { ...context, deadlineAt: Date.now() + 3_000 }));
    runs.add(run.id);
  };
  const load = (async () => {
    const asked: Promise<void>[] = [];
    for (let n = 0; n < submissions; n += 1) {
      asked.push(submit());
      await pause((kills * 700) / submissions);
    }
    await Promise.all(asked);
  })();
  for (let killed = 0; killed < kills; killed += 1) {
    await pause(200 + Math.random() * 800);
    await service.kill9();
    await service.start();
  }
  await load;
  await eventually(
    async () => {
      const { countsByStatus, total } = await world.get(execution.CountRuns, {});
      expect({ countsByStatus, total }).toEqual({ countsByStatus: { completed: submissions }, total: submissions });
    },
    { within: 60_000, every: 200 },
  );
  expect(runs.size).toBe(submissions);
  const { rows } = await world.pool.query<{ types: string; runs: number }>(
    `SELECT types, count(*)::int AS runs FROM (
       SELECT string_agg(type, ' ' ORDER BY version) AS types FROM events
       WHERE stream LIKE 'run-%' AND type NOT SIMILAR TO '(RunKeptWaiting|ReservationMade).%' GROUP BY stream) s GROUP BY types`,
  );
  expect(rows).toEqual([{ types: 'RunSubmitted.v1 RunPlaced.v1 RunStarted.v1 RunCompleted.v1', runs: submissions }]);
  expect(new Set(began).size).toBe(began.length);
  expect(began).toHaveLength(submissions);
  expect(agents.flatMap(({ killed }) => killed)).toEqual([]);
}, 240_000);

it('has the output that it was about to store soon after it was killed', async () => {
  const agent = await world.machine();
  const { id } = await world.submit();
  const held = await agent.holds(id);
  const lock = await world.telemetry.connect();
  await lock.query('BEGIN');
  await lock.query('LOCK TABLE log_streams IN ACCESS EXCLUSIVE MODE');
  await agent.print(held, 'the last line\n');
  // Delivered to the service, and not stored.
  const manager = await world.bus.connection.jetstreamManager();
  await eventually(async () => (await manager.consumers.info('OUTPUT', 'execution--output')).num_ack_pending === 1);
  await service.kill9();
  await lock.query('ROLLBACK');
  lock.release();
  expect(await world.storedOutput(id)).toBe('');
  await service.start();
  await eventually(async () => expect(await world.storedOutput(id)).toBe('the last line\n'), { within: 10_000 });
}, 60_000);
