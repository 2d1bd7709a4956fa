import { type billing, execution, type OutputOf, type observability } from '@orrery/contracts';
import { credits, Decimal, seconds, type Writable } from './json.ts';

type RunView = execution.RunView;
type Written = Pick<OutputOf<typeof observability.GetRunOutput>, 'stdout' | 'stderr'>;

const isOver = ({ status }: RunView): boolean => execution.terminalStatuses.includes(status);
const hasFailed = (run: RunView): boolean => isOver(run) && run.status !== 'completed';

/** What went wrong, in words; null while nothing has. */
export const errorOf = (run: Pick<RunView, 'message' | 'reason' | 'status'>): string => run.message ?? run.reason ?? run.status;

/** What there is to say of its status: how it ended, or why it waits. */
const detailsOf = (run: RunView): string | null => (isOver(run) ? (run.message ?? run.reason) : (run.waiting?.message ?? null));

/** From the start of the program to its end, or to now. Null where it never started. */
export const durationOf = (run: RunView, now: number): Decimal | null => {
  if (run.ranMs !== null) return seconds(run.ranMs);
  if (run.startedAt === null || isOver(run)) return null;
  return seconds(Math.max(0, now - Date.parse(run.startedAt)));
};

export const started = ({ id, status }: RunView, publicUrl: string): Writable => ({
  execution_id: id,
  status,
  streaming_url: `${publicUrl}/api/v2/external/execution/streaming/${id}`,
  pythia_decision: null,
});

export const status = (run: RunView, now: number): Writable => ({
  execution_id: run.id,
  status: run.status,
  status_details: detailsOf(run),
  errors: hasFailed(run) ? [errorOf(run)] : null,
  exit_code: run.exitCode,
  execution_time: durationOf(run, now),
  execution_type: run.machineType,
});

const endings = { stop: 'Stop requested', abort: 'Abort requested', cancel: 'Cancellation requested' } as const;

export const ending = (run: RunView, mode: keyof typeof endings): Writable => ({
  execution_id: run.id,
  status: run.status,
  message: isOver(run) ? `Execution is already ${run.status}` : endings[mode],
});

export interface Charge {
  readonly amount: Decimal;
  readonly seconds: number;
  readonly priceVersion: number;
}

export const chargeOf = ({ amount, seconds: billed, priceVersion }: billing.UsageView): Charge => ({
  amount: credits(amount),
  seconds: billed,
  priceVersion,
});

/** Output on its way into the store comes within this time of the end. */
const settledMs = 60_000;

/** What to wait for of the output of a run that has just ended; nothing where it has ended long ago, and may be forgotten. */
export const outputAwaited = ({ outputEnd, endedAt }: Pick<RunView, 'outputEnd' | 'endedAt'>, now: number): { readonly until?: string } =>
  outputEnd !== null && endedAt !== null && now - Date.parse(endedAt) < settledMs ? { until: outputEnd } : {};

/** The row of a history. `metadata` says what it cost, by which prices, and which trace leads to it. */
export const summary = (run: RunView, charge?: Charge) => ({
  execution_id: run.id,
  created_at: run.submittedAt,
  execution_type: run.machineType,
  status: run.status,
  hardware_profile: run.machineType,
  status_details: detailsOf(run),
  local_imports: null,
  billed: charge !== undefined,
  execelet_start: run.placedAt,
  start_time: run.startedAt,
  end_time: run.endedAt,
  finish_time: run.endedAt,
  job_start: run.startedAt,
  job_end: run.endedAt,
  file_name: run.fileName,
  errors_docker: null,
  parent_execution_id: null,
  job_type: 'python',
  metadata: {
    attempt: run.attempt,
    worker: run.workerName,
    trace_id: run.traceId,
    ...(charge ? { credits: charge.amount, billed_seconds: charge.seconds, price_version: charge.priceVersion } : {}),
  },
});

/** Everything about one run, its output included. */
export const record = (run: RunView, { stdout, stderr }: Written, now: number, charge?: Charge): Writable => {
  return {
    ...summary(run, charge),
    stdout,
    stderr,
    result: isOver(run) ? { returnCode: returnCodeOf(run), error: hasFailed(run) ? errorOf(run) : null } : null,
    output: stdout,
    error: hasFailed(run) ? errorOf(run) : null,
    exit_code: run.exitCode,
    execution_time: durationOf(run, now),
    execution_owner: run.submittedBy,
    timeout: run.timeoutSeconds,
  };
};

export const timing = (run: RunView, now: number): Writable => ({
  execution_id: run.id,
  start_time: run.startedAt,
  end_time: run.endedAt,
  duration: durationOf(run, now),
});

export const workload = (run: RunView): Writable => ({
  execution_id: run.id,
  status: run.status,
  file_name: run.fileName,
  hardware_profile: run.machineType,
  execution_type: run.machineType,
  created_at: run.submittedAt,
  execution_owner: run.submittedBy,
});

/** Every series is there, if only empty. */
export const metrics = ({ runId, hostname, start, end, series }: observability.RunMetrics): Writable => ({
  executionId: runId,
  hostname,
  timeRange: { start, end },
  ...Object.fromEntries(
    execution.MetricName.options.map((name) => [name, (series[name] ?? []).map(({ at, value }) => ({ timestamp: at, value }))]),
  ),
});

/** A completed run counts as 0 even where it was stopped by a signal: clients take anything else for a failure. */
export const returnCodeOf = ({ status: how, exitCode }: Pick<RunView, 'status' | 'exitCode'>): string => {
  if (how === 'completed') return '0';
  return String(exitCode === null || exitCode === 0 ? 1 : exitCode);
};

/** One item of a run's stream as an event of this API; undefined where it has no word for it. */
export const streamed = (item: execution.RunOutputItem): Writable | undefined => {
  switch (item.kind) {
    case 'output':
      return { output: { content: item.text } };
    case 'status':
      return undefined;
    case 'ended': {
      const error = item.status === 'completed' ? null : errorOf(item);
      return { jobFinished: { job: { result: { returnCode: returnCodeOf(item), error } } } };
    }
  }
};
