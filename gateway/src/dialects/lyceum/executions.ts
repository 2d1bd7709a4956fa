import { billing, execution, observability } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { z } from 'zod';
import type { AnswerRoute, Call, Frames, Route, StreamRoute } from '../../dialect.ts';
import type { Frame } from '../../edge/server-sent-events.ts';
import { Failed, refusal, streamFailure } from '../../failure.ts';
import { idOf } from '../row.ts';
import { chargeOf, ending, metrics, outputAwaited, record, started, status, streamed, timing, workload } from './execution-views.ts';
import { explanation } from './explain-views.ts';
import { stringify } from './json.ts';
import { moment } from './moment.ts';
import { row, under } from './row.ts';
import { Submission, submission, submissionNames } from './submission.ts';

type Path = Readonly<Record<string, string>>;
const runIdOf = (path: Path): execution.RunId => idOf(execution.RunId, path['execution_id'], 'RunNotFound');

const frameOf = (item: execution.RunOutputItem): Frame | undefined => {
  const event = streamed(item);
  if (event === undefined) return undefined;
  const id = execution.FollowRun.resume?.placeOf(item);
  return { data: stringify(event), ...(id === undefined ? {} : { id }) };
};

async function* framesOf(items: AsyncIterable<execution.RunOutputItem>): Frames {
  try {
    for await (const item of items) {
      const frame = frameOf(item);
      if (frame) yield frame;
    }
  } catch (error) {
    yield { data: JSON.stringify({ type: 'error', message: streamFailure(execution.FollowRun, error).detail }) };
  }
}

const placeForm = /^\d{1,9}\.\d{1,15}$/;

const follow = async (call: Call): Promise<Frames> => {
  const { lastEventId } = call;
  const after = lastEventId !== undefined && placeForm.test(lastEventId) ? { after: lastEventId } : {};
  const items = call.stream(execution.FollowRun, { runId: runIdOf(call.parts.path), ...after });
  const opened = await items.open();
  if (!opened.accepted) throw new Failed(refusal(execution.FollowRun, opened.rejection));
  return framesOf(items);
};

const stream = (path: string): StreamRoute => ({
  kind: 'stream',
  method: 'GET',
  path: under(path),
  operations: [execution.FollowRun],
  frames: follow,
});

const end = (path: string, mode: 'stop' | 'abort'): AnswerRoute =>
  row({
    method: 'POST',
    path,
    operations: [execution.EndRun],
    answer: async (to, { path: fields }) => ending(await to.ask(execution.EndRun, { runId: runIdOf(fields), mode }), mode),
  });

const unitSeconds = { s: 1, m: 60, h: 3_600 } as const;

/** `15s`, `1m`, or a bare number of seconds. */
export const step = z
  .string()
  .regex(/^\d{1,6}[smh]?$/)
  .default('15s')
  .transform((text) => Number.parseInt(text, 10) * unitSeconds[(/[smh]$/.exec(text)?.[0] ?? 's') as keyof typeof unitSeconds]);

const one = [
  row({
    method: 'GET',
    path: '/execution/streaming/{execution_id}/status',
    operations: [execution.GetRun],
    answer: async (to, { path }) => status(await to.ask(execution.GetRun, { runId: runIdOf(path) }), systemClock.now()),
  }),
  row({
    method: 'GET',
    path: '/execution/{execution_id}',
    operations: [execution.GetRun, observability.GetRunOutput, billing.GetUsageOfRuns],
    answer: async (to, { path }) => {
      const runId = runIdOf(path);
      const run = await to.ask(execution.GetRun, { runId });
      const now = systemClock.now();
      const [output, usage] = await Promise.all([
        to.ask(observability.GetRunOutput, { runId, ...outputAwaited(run, now) }),
        to.ask(billing.GetUsageOfRuns, { runIds: [runId] }),
      ]);
      return record(run, output, now, usage.items.map(chargeOf)[0]);
    },
  }),
  row({
    method: 'GET',
    path: '/execution/{execution_id}/timing',
    operations: [execution.GetRun],
    answer: async (to, { path }) => timing(await to.ask(execution.GetRun, { runId: runIdOf(path) }), systemClock.now()),
  }),
  row({
    method: 'GET',
    path: '/execution/{execution_id}/metrics',
    operations: [observability.QueryRunMetrics],
    query: z.object({ start: moment.optional(), end: moment.optional(), step }),
    names: { stepSeconds: 'step' },
    answer: async (to, { path, query: { start, end: until, step: stepSeconds } }) =>
      metrics(
        await to.ask(observability.QueryRunMetrics, {
          runId: runIdOf(path),
          stepSeconds,
          ...(start === undefined ? {} : { start }),
          ...(until === undefined ? {} : { end: until }),
        }),
      ),
  }),
  row({
    method: 'GET',
    path: '/execution/{execution_id}/explain',
    operations: [execution.ExplainRun],
    answer: async (to, { path }) => explanation(await to.ask(execution.ExplainRun, { runId: runIdOf(path) })),
  }),
  row({
    method: 'GET',
    path: '/execution/{execution_id}/history',
    operations: [execution.GetRunHistory],
    answer: async (to, { path }) => {
      const runId = runIdOf(path);
      const { items } = await to.ask(execution.GetRunHistory, { runId });
      const events = items.map(({ id, type, version, at, actor, traceId, data }) => ({
        id,
        type,
        version,
        at,
        actor,
        trace_id: traceId,
        // Read from JSON a moment ago, so it is JSON.
        data: data as Record<string, string>,
      }));
      return { execution_id: runId, items: events, total: events.length };
    },
  }),
];

export const executions = (publicUrl: string): readonly Route[] => [
  row({
    method: 'POST',
    path: '/execution/streaming/start',
    operations: [execution.SubmitRun],
    body: Submission,
    names: submissionNames,
    answer: async (to, { body }) => started(await to.ask(execution.SubmitRun, submission(body)), publicUrl),
  }),
  stream('/execution/streaming/{execution_id}'),
  stream('/api/v1/stream/{execution_id}'),
  end('/execution/streaming/abort/{execution_id}', 'abort'),
  end('/workloads/abort/{execution_id}', 'abort'),
  end('/workloads/stop/{execution_id}', 'stop'),
  row({
    method: 'GET',
    path: '/workloads/list',
    operations: [execution.ListRuns],
    answer: async (to) => (await to.ask(execution.ListRuns, { limit: 500 })).items.map(workload),
  }),
  ...one,
];
