import { Controller } from '@nestjs/common';
import { execution, type InputOf, instantOf, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, type Fact } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { type RunEvent, runStream } from '../domain/run/run-facts.ts';
import { availableTypes } from './available-types.ts';
import { runRowOf } from './run-list.view.ts';
import { RunReader } from './run-reader.ts';
import { WorkerReader } from './worker-reader.ts';

const longestHistory = 1_000;

const runNotFound = (): never => refuse({ code: 'RunNotFound', details: {} });

@Controller()
export class ViewsHandler {
  private readonly store: EventStore;
  private readonly runs: RunReader;
  private readonly workers: WorkerReader;

  constructor(store: EventStore, runs: RunReader, workers: WorkerReader) {
    this.store = store;
    this.runs = runs;
    this.workers = workers;
  }

  @Serves(execution.GetRun)
  async get({ runId, at }: InputOf<typeof execution.GetRun>, { orgId }: RequestContext): Promise<OutputOf<typeof execution.GetRun>> {
    const row = (await this.runs.row(runId, orgId)) ?? runNotFound();
    if (at === undefined) return await this.runs.viewOf(row);
    const { events } = await this.store.load<RunEvent>(runStream(runId), { at: new Date(at) });
    return await this.runs.viewOf(runRowOf(events) ?? runNotFound());
  }

  @Serves(execution.ListRuns)
  async list(
    { status, gang, limit, cursor }: InputOf<typeof execution.ListRuns>,
    { orgId }: RequestContext,
  ): Promise<OutputOf<typeof execution.ListRuns>> {
    return await this.runs.page({ orgId: OrgId.parse(orgId), status, gangId: gang }, limit, cursor);
  }

  @Serves(execution.CountRuns)
  async count(
    { limit, offset }: InputOf<typeof execution.CountRuns>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.CountRuns>> {
    const orgId = OrgId.parse(context.orgId);
    const [items, countsByStatus] = await Promise.all([this.runs.skip({ orgId }, limit, offset), this.runs.countsByStatus(orgId)]);
    const total = Object.values(countsByStatus).reduce((sum, runs) => sum + runs, 0);
    return { items, total, countsByStatus };
  }

  @Serves(execution.CountOpenRuns)
  async open(_: InputOf<typeof execution.CountOpenRuns>, { orgId }: RequestContext): Promise<OutputOf<typeof execution.CountOpenRuns>> {
    return { openRuns: await this.runs.openOf(OrgId.parse(orgId)) };
  }

  @Serves(execution.GetRunHistory)
  async history(
    { runId }: InputOf<typeof execution.GetRunHistory>,
    { orgId }: RequestContext,
  ): Promise<OutputOf<typeof execution.GetRunHistory>> {
    if (!(await this.runs.row(runId, orgId))) runNotFound();
    const events = await this.store.history<RunEvent>(runStream(runId), { limit: longestHistory });
    const hidden = await this.hiddenOf(events, orgId);
    return {
      items: events.map(({ id, version, event, metadata, recordedAt }) => ({
        id,
        type: event.type,
        version,
        at: instantOf(recordedAt.getTime()),
        actor: metadata.actor,
        traceId: metadata.traceparent?.split('-')[1] ?? null,
        data: event.type === 'RunPreempted' && hidden.has(event.data.by) ? { ...event.data, by: null } : { ...event.data },
      })),
    };
  }

  /** Who took its place, and is none of its owner's business: runs of other organizations. */
  private async hiddenOf(events: readonly Fact<RunEvent>[], orgId: string | undefined): Promise<ReadonlySet<execution.RunId | null>> {
    const takers = new Set(events.flatMap(({ event }) => (event.type === 'RunPreempted' ? (event.data.by ?? []) : [])));
    if (takers.size === 0 || orgId === undefined) return new Set();
    const own = await this.runs.ownOf([...takers], OrgId.parse(orgId));
    return new Set([...takers].filter((id) => !own.has(id)));
  }

  @Serves(execution.ListWorkers)
  async machines({ limit, cursor }: InputOf<typeof execution.ListWorkers>): Promise<OutputOf<typeof execution.ListWorkers>> {
    return await this.workers.page(limit, cursor);
  }

  @Serves(execution.ListAvailableMachineTypes)
  async available(): Promise<OutputOf<typeof execution.ListAvailableMachineTypes>> {
    return { items: await availableTypes(this.store.pool) };
  }
}
