import { randomUUID } from 'node:crypto';
import {
  type catalog,
  execution,
  type Operation,
  OrgId,
  type OutputOf,
  type RequestContext,
  type RequestOf,
  rolePermissions,
} from '@orrery/contracts';
import { type Bus, connectBus, type Outcome, refuse } from '@orrery/messaging';
import { type Started, startAll } from '@orrery/process';
import { metricsText } from '@orrery/telemetry';
import { eventually, type FreshDatabase, freshDatabase, startNats } from '@orrery/testing';
import pg from 'pg';
import { execution as service } from '../../src/index.ts';
import { facts } from '../facts.ts';
import { FakeAgent } from './fake-agent.ts';
import type { Guard } from './guard.ts';
import { Neighbours } from './neighbours.ts';

export const small: catalog.Resources = { cpuMilli: 1_000, memoryMib: 512, gpus: 0 };

/** One execution service (or several) on real servers, with an offer of the machine type `cpu`. */
export class World {
  readonly bus: Bus;
  readonly neighbours: Neighbours;
  readonly pool: pg.Pool;
  /** Where output and samples are stored, a while after they were heard. */
  readonly telemetry: pg.Pool;
  readonly org: OrgId = OrgId.parse(randomUUID());
  readonly env: Record<string, string>;
  readonly nats: Awaited<ReturnType<typeof startNats>>;
  private readonly databases: readonly FreshDatabase[];
  private readonly agents: FakeAgent[] = [];
  private readonly services: Started[] = [];

  private constructor(
    parts: Pick<World, 'bus' | 'env' | 'nats' | 'pool' | 'telemetry'> & { readonly databases: readonly FreshDatabase[] },
  ) {
    this.bus = parts.bus;
    this.env = parts.env;
    this.nats = parts.nats;
    this.pool = parts.pool;
    this.telemetry = parts.telemetry;
    this.databases = parts.databases;
    this.neighbours = new Neighbours(parts.bus.connection);
  }

  /** Servers, databases and neighbours; no service yet. */
  static async build(more: Record<string, string> = {}, guard?: Guard): Promise<World> {
    const [nats, database, kept] = await Promise.all([guard?.nats ?? startNats(), freshDatabase('execution'), freshDatabase('telemetry')]);
    const bus = await connectBus({ url: nats.url, name: 'gateway', ...guard?.entrance });
    const env = {
      ORRERY_POSTGRES_URL: database.url,
      ORRERY_EXECUTION_DATABASE_URL: database.url,
      ORRERY_TELEMETRY_DATABASE_URL: kept.url,
      ORRERY_NATS_URL: nats.url,
      ORRERY_SECRET: '11'.repeat(32),
      ...guard?.env,
      ...more,
    };
    const pool = new pg.Pool({ connectionString: database.url, max: 3 });
    const telemetry = new pg.Pool({ connectionString: kept.url, max: 2 });
    // Dropping the databases at the end cuts what is idle here.
    for (const each of [pool, telemetry]) each.on('error', () => undefined);
    return new World({ bus, env, nats, pool, telemetry, databases: [database, kept] });
  }

  static async start(more: Record<string, string> = {}, guard?: Guard): Promise<World> {
    const world = await World.build(more, guard);
    await world.serve();
    await world.offer();
    return world;
  }

  async serve(): Promise<Started> {
    const started = await startAll([service], this.env);
    this.services.push(started);
    return started;
  }

  async offer(): Promise<void> {
    await this.neighbours.open();
    await this.neighbours.offer('cpu', small);
    await this.neighbours.price(1, { names: ['cpu', 'gpu.a100'] });
    await eventually(async () => ((await this.pool.query('SELECT FROM offered_machine_types, run_prices')).rowCount ?? 0) > 0, {
      within: 20_000,
    });
  }

  context(more: Partial<RequestContext> = {}): RequestContext {
    return {
      principal: { kind: 'user', id: randomUUID(), permissions: [...rolePermissions.owner] },
      orgId: this.org,
      commandId: randomUUID(),
      idempotent: false,
      correlationId: randomUUID(),
      causationId: randomUUID(),
      deadlineAt: Date.now() + 10_000,
      ...more,
    };
  }

  ask<X extends Operation>(operation: X, input: RequestOf<X>, more: Partial<RequestContext> = {}): Promise<Outcome<X>> {
    return this.bus.ask(operation, input, this.context(more));
  }

  /** The answer; a refusal fails the test. */
  async get<X extends Operation>(operation: X, input: RequestOf<X>, more: Partial<RequestContext> = {}): Promise<OutputOf<X>> {
    return refuse(await this.ask(operation, input, more)).value;
  }

  submit(input: Partial<RequestOf<typeof execution.SubmitRun>> = {}, more: Partial<RequestContext> = {}): Promise<execution.RunView> {
    return this.get(execution.SubmitRun, { code: 'print("hello")', ...input }, more);
  }

  run(runId: execution.RunId): Promise<execution.RunView> {
    return this.get(execution.GetRun, { runId });
  }

  /** What happened to a run. That it was said to wait, no test can count on: a busy machine lets it wait for a moment longer. */
  async types(runId: execution.RunId): Promise<readonly string[]> {
    const { items } = await this.get(execution.GetRunHistory, { runId });
    return items.map(({ type }) => type).filter((type) => type !== 'RunKeptWaiting');
  }

  status(runId: execution.RunId, ...expected: readonly execution.RunStatus[]): Promise<execution.RunView> {
    return eventually(
      async () => {
        const run = await this.run(runId);
        expect(expected).toContain(run.status);
        return run;
      },
      { within: 20_000 },
    );
  }

  /** All that is stored of a run's output so far. */
  async storedOutput(runId: execution.RunId): Promise<string> {
    const { rows } = await this.telemetry.query<{ text: string }>(
      `SELECT coalesce(string_agg(text, '' ORDER BY part, seq), '') AS text FROM log_entries
       WHERE stream = (SELECT id FROM log_streams WHERE name = $1)`,
      [`run-${runId}`],
    );
    return rows[0]?.text ?? '';
  }

  async token(name = 'machine'): Promise<string> {
    const operator = { principal: { kind: 'operator', id: 'op' } } as const;
    return (await this.get(execution.CreateJoinToken, { name }, operator)).token;
  }

  /** A machine that has joined and beats, with a fake agent on it. */
  async machine(change: Partial<execution.WorkerFacts> = {}, beatMs = 500): Promise<FakeAgent> {
    const token = await this.token();
    const joined = await this.get(execution.JoinWorker, { token, facts: facts(change) }, { principal: { kind: 'nobody' } });
    const agent = await FakeAgent.connect(joined.natsUrl, joined.workerId);
    this.agents.push(agent);
    await agent.beat();
    agent.startBeating(beatMs);
    await this.heard(joined.workerId);
    return agent;
  }

  /**
   * A submission may reach the scheduler before what the log holds behind somebody's unfinished transaction: until it has heard of this
   * machine, it believes that those of the test before are still there.
   */
  private async heard(workerId: string): Promise<void> {
    const unheard = `SELECT FROM events e, checkpoints c WHERE c.name = 'relay' AND e.stream = $1
      AND (e.transaction, e.position) > (c.transaction, c.position)`;
    await eventually(async () => (await this.pool.query(unheard, [`worker-${workerId}`])).rowCount === 0, { within: 20_000 });
  }

  /** Ends every run of the organization and takes all machines away, so that the next test begins with neither. */
  async tidy(): Promise<void> {
    const operator = { principal: { kind: 'operator', id: 'op' } } as const;
    for (const agent of this.agents) agent.behave();
    // One that the test removed cannot be cordoned any more.
    for (const { workerId } of this.agents) await this.ask(execution.CordonWorker, { workerId }, operator);
    // A submission may overtake what the log holds: one of the next test must not be placed on a machine that is about to vanish.
    await eventually(async () => /^orrery_scheduler_workers\{.*\} 0$/m.test(await metricsText()), { within: 20_000 });
    await eventually(
      async () => {
        const { items } = await this.get(execution.ListRuns, { limit: 100 });
        const open = items.filter(({ status }) => !execution.terminalStatuses.includes(status));
        for (const { id: runId } of open) await this.get(execution.EndRun, { runId, mode: 'abort' });
        return open.length === 0;
      },
      { within: 30_000, every: 100 },
    );
    for (const agent of this.agents.splice(0)) await agent.vanish();
  }

  adopt(agent: FakeAgent): FakeAgent {
    this.agents.push(agent);
    return agent;
  }

  async close(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.vanish()));
    for (const started of this.services) await started.stop();
    await this.bus.close();
    await Promise.all([this.pool.end(), this.telemetry.end()]);
    await this.nats.stop();
    await Promise.all(this.databases.map((database) => database.drop()));
  }
}
