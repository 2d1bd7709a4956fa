import { Controller } from '@nestjs/common';
import { type InputOf, instantOf, type OutputOf, observability, type RequestContext } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { type LogEntry, type LogStore, mostEntries } from '@orrery/telemetry-store';
import { arrived, outputOf } from '../application/run-output.ts';
import { RunsOfOrg } from '../application/runs-of-org.ts';
import { Telemetry } from '../application/telemetry.ts';
import { fittingIn, type Line, linesOf, type Piece } from '../domain/lines.ts';

const hourMs = 3_600_000;
/** Counted no further: a client that shows "10,000+" needs no more. */
const countLimit = 100_000;
/** The end of a query is open, and the clock of a machine may be a little ahead. */
const aheadMs = 60_000;

/** An answer over the bus has about 8 MiB: a program that wrote more is told by its first lines, and by their total. */
const fitting = fittingIn(7 * 1024 * 1024);

const levels: Readonly<Record<string, observability.LogLine['level']>> = { stdout: 'info', stderr: 'error' };

/** Pieces are often smaller than lines: this many a line are looked at before a page is cut short. */
const piecesPerLine = 4;

const lineOf = ({ text, from: { at, channel, stream, labels } }: Line<LogEntry & Piece>): observability.LogLine => ({
  at: instantOf(at),
  message: text,
  level: levels[channel] ?? 'system',
  runId: stream.startsWith('run-') ? stream.slice('run-'.length) : null,
  hostname: labels['hostname'] ?? null,
  labels,
});

const pieceOf = (entry: LogEntry): LogEntry & Piece => ({ ...entry, source: `${entry.stream} ${entry.part} ${entry.channel}` });

@Controller()
export class LogsHandler {
  private readonly logs: LogStore;

  constructor(
    telemetry: Telemetry,
    private readonly runs: RunsOfOrg,
  ) {
    this.logs = telemetry.store.logs;
  }

  @Serves(observability.QueryRunLogs)
  async ofRun(
    { runId, limit, hours, until }: InputOf<typeof observability.QueryRunLogs>,
    context: RequestContext,
  ): Promise<OutputOf<typeof observability.QueryRunLogs>> {
    const owner = await this.runs.orgOf(runId, context);
    await arrived(this.logs, runId, { until, deadlineAt: context.deadlineAt });
    return this.query({ owner, stream: `run-${runId}`, direction: 'forward', limit, hours });
  }

  @Serves(observability.GetRunOutput)
  async output(
    { runId, until }: InputOf<typeof observability.GetRunOutput>,
    context: RequestContext,
  ): Promise<OutputOf<typeof observability.GetRunOutput>> {
    await this.runs.orgOf(runId, context);
    await arrived(this.logs, runId, { until, deadlineAt: context.deadlineAt });
    return await outputOf(this.logs, runId);
  }

  @Serves(observability.QueryOrgLogs)
  async ofOrg(
    { limit, hours }: InputOf<typeof observability.QueryOrgLogs>,
    { orgId }: RequestContext,
  ): Promise<OutputOf<typeof observability.QueryOrgLogs>> {
    const owner = orgId ?? refuse({ code: 'Forbidden', details: { needs: 'an organization' } });
    return this.query({ owner, direction: 'backward', limit, hours });
  }

  private async query({
    hours,
    limit,
    direction,
    ...whose
  }: {
    readonly owner: string;
    readonly stream?: string;
    readonly direction: 'forward' | 'backward';
    readonly limit: number;
    readonly hours: number;
  }): Promise<OutputOf<typeof observability.QueryOrgLogs>> {
    const now = systemClock.now();
    const range = { ...whose, from: now - hours * hourMs, to: now + aheadMs };
    const page = await this.logs.query({ ...range, limit: Math.min(limit * piecesPerLine, mostEntries), direction });
    const oldestFirst = direction === 'forward' ? page.entries : [...page.entries].reverse();
    const lines = linesOf(oldestFirst.map(pieceOf)).map(lineOf);
    const items = fitting(direction === 'forward' ? lines.slice(0, limit) : lines.reverse().slice(0, limit));
    // Past one page only pieces are counted: what a client shows as "more than" needs no more.
    const total = page.nextCursor === undefined ? lines.length : await this.logs.count(range, countLimit);
    return { items, total };
  }
}
