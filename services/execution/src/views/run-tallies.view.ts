import type { execution, OrgId } from '@orrery/contracts';
import { integer, text, uuid, view } from '@orrery/event-store';
import type { ExecutionFact } from './kinds.ts';
import { endStatusOf } from './run-list.view.ts';

/** How many runs of an organization have ended, and how. Those that have not are few, and counted where they are listed. */
export const runTallies = view({
  name: 'run-tallies',
  table: 'run_tallies',
  columns: { orgId: uuid<OrgId>(), status: text<execution.RunStatus>(), runs: integer() },
  key: ['orgId', 'status'],
  fold: ({ event, metadata }: ExecutionFact) => {
    const status = endStatusOf(event.type);
    // Every fact of a run carries its organization; the brand is made where ids are.
    const orgId = metadata.orgId as OrgId | undefined;
    if (!status || !orgId) return [];
    return [{ patch: { orgId, status }, from: { runs: 0 }, add: { runs: 1 } }];
  },
});
