import { execution, observability } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { z } from 'zod';
import { idOf, integer } from '../row.ts';
import { outputAwaited } from './execution-views.ts';
import type { Writable } from './json.ts';
import { row } from './row.ts';

export const line = ({ at, message, level, runId, hostname, labels }: observability.LogLine): Writable => ({
  timestamp: at,
  message,
  level,
  execution_id: runId,
  user_id: null,
  hostname,
  labels,
});

export const logs = [
  row({
    method: 'GET',
    path: '/logs/execution/{execution_id}',
    operations: [execution.GetRun, observability.QueryRunLogs],
    query: z.object({ limit: integer(z.int().min(1).max(10_000)).default(1_000), hours: integer(z.int().min(1).max(168)).default(24) }),
    answer: async (to, { path, query }) => {
      const runId = idOf(execution.RunId, path['execution_id'], 'RunNotFound');
      const run = await to.ask(execution.GetRun, { runId });
      const awaited = outputAwaited(run, systemClock.now());
      const { items, total } = await to.ask(observability.QueryRunLogs, { runId, ...query, ...awaited });
      return { logs: items.map(line), total };
    },
  }),
  row({
    method: 'GET',
    path: '/logs/user',
    operations: [observability.QueryOrgLogs],
    query: z.object({ limit: integer(z.int().min(1).max(5_000)).default(100), hours: integer(z.int().min(1).max(24)).default(1) }),
    answer: async (to, { query }) => {
      const { items, total } = await to.ask(observability.QueryOrgLogs, query);
      return { logs: items.map(line), total };
    },
  }),
];
