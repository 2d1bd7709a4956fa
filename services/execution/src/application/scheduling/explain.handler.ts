import { Controller } from '@nestjs/common';
import { execution, type InputOf, instantOf, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { z } from 'zod';
import { Run } from '../../domain/run/run.ts';
import { type DataOf, type RunEvent, runStream } from '../../domain/run/run-facts.ts';
import { preemptedOf } from '../../domain/scheduling/explain/preempted.ts';
import type { RunRow } from '../../views/run-list.view.ts';
import { RunReader } from '../../views/run-reader.ts';
import { rulesNow } from '../../views/scheduling.view.ts';
import { SubmissionLimits, submissionsOf } from '../submissions.ts';
import { History } from './history.ts';
import { SchedulerLine } from './scheduler-line.ts';

type Explanation = OutputOf<typeof execution.ExplainRun>;

const Explained = z.object({ asOf: z.string(), waiting: execution.WaitExplained.nullable(), isTooLarge: z.boolean().default(false) });
const Supposed = Explained.extend({ choice: z.int().min(0).nullable() });
/** Nothing is run, so there is nothing to run. */
const noProgram = { hash: '0'.repeat(64), bytes: 1, bundle: '' };

@Controller()
export class ExplainHandler {
  private readonly store: EventStore;
  private readonly runs: RunReader;
  private readonly line: SchedulerLine;
  private readonly maxNodes: number;
  private readonly history: History;

  constructor(store: EventStore, runs: RunReader, line: SchedulerLine, limits: SubmissionLimits) {
    this.store = store;
    this.runs = runs;
    this.line = line;
    this.maxNodes = limits.maxNodes;
    this.history = new History(store.pool);
  }

  @Serves(execution.ExplainRun)
  async explain({ runId }: InputOf<typeof execution.ExplainRun>, context: RequestContext): Promise<Explanation> {
    const row = (await this.runs.row(runId, context.orgId)) ?? refuse({ code: 'RunNotFound', details: {} });
    const { status } = row;
    const asOf = instantOf(systemClock.now());
    if (execution.terminalStatuses.includes(status)) return { runId, status, asOf, ...ended(row), preemption: null };
    const preemption = row.preemptions > 0 ? await this.preemption(runId) : null;
    const before = preemption ? `${preemption.message} ` : '';
    if (status !== 'pending') {
      const placed = await this.placed(row);
      return { runId, status, asOf, ...placed, summary: `${before}${placed.summary}`, preemption };
    }
    const meanShare = await this.history.meanShare(systemClock.now());
    const id = row.gangId ?? runId;
    const { waiting, asOf: lookedAt, isTooLarge } = Explained.parse(await this.line.ask({ about: 'request', id, meanShare }, context));
    const summary =
      waiting?.summary ?? (isTooLarge ? untold(row) : 'The scheduler is placing it, or has not heard of it yet: ask again in a moment.');
    return { runId, status, asOf: lookedAt, summary: `${before}${summary}`, waiting, placement: null, preemption };
  }

  @Serves(execution.WhatIf)
  async whatIf(input: InputOf<typeof execution.WhatIf>, context: RequestContext): Promise<OutputOf<typeof execution.WhatIf>> {
    const { store, maxNodes } = this;
    const orgId = OrgId.parse(context.orgId);
    const wish = { ...input, code: '', files: {} };
    const [first] = await submissionsOf(wish, { store, maxNodes, program: noProgram, orgId }, context);
    const [submitted] = refuse(Run.decide({ type: 'Submit', ...first }, Run.initial)).events;
    if (submitted?.type !== 'RunSubmitted') throw new TypeError('what is submitted is submitted');
    const submission = submitted.data;
    const meanShare = await this.history.meanShare(systemClock.now());
    const answer = Supposed.parse(await this.line.ask({ about: 'what-if', submission, meanShare }, context));
    const { asOf, choice, waiting } = answer;
    const machineType = choice === null ? null : (submission.request.choices[choice]?.machineType ?? null);
    const summary = machineType === null ? (waiting?.summary ?? 'It would wait.') : `It would start now, as ${machineType}.`;
    return { asOf, startsNow: machineType !== null, summary, machineType, waiting };
  }

  private async preemption(runId: execution.RunId): Promise<execution.PreemptionTold | null> {
    const [{ events }, { maxPreemptions }] = await Promise.all([this.store.load<RunEvent>(runStream(runId)), rulesNow(this.store)]);
    return preemptedOf(
      events.map(({ event }) => event),
      maxPreemptions,
    );
  }

  /** Why it is where it is: the scheduler wrote it down when it decided. */
  private async placed(row: RunRow): Promise<Pick<Explanation, 'summary' | 'waiting' | 'placement'>> {
    const [{ events }, { workerName }] = await Promise.all([this.store.load<RunEvent>(runStream(row.id)), this.runs.viewOf(row)]);
    const placed = events.findLast(({ event }) => event.type === 'RunPlaced')?.event;
    if (placed?.type !== 'RunPlaced') return { summary: 'It is about to start.', waiting: null, placement: null };
    const { policy, candidates, score } = placed.data.reasons;
    const where = workerName ?? 'its machine';
    const choice = choiceInWords(placed.data.reasons);
    const submitted = events[0]?.event;
    const isPreemptible = submitted?.type === 'RunSubmitted' && submitted.data.request.isPreemptible;
    const loan = placed.data.isBorrowed ? await this.loan(row.orgId, isPreemptible) : '';
    const message = `${where} ${choice}.${loan}`;
    return {
      summary: `It ${row.status === 'running' ? 'runs' : 'starts'} on ${where}: ${message}`,
      waiting: null,
      placement: { workerName, policy, candidates, score, message },
    };
  }

  /** Who may take a place that it has beyond its guarantee. */
  private async loan(orgId: string, isPreemptible: boolean): Promise<string> {
    const { rows } = await this.store.pool.query<{ isThere: boolean }>({
      name: 'guaranteed-to-others',
      text: `SELECT EXISTS (SELECT FROM quotas, jsonb_each_text(guaranteed_milli::jsonb)
        WHERE value::numeric > 0 AND node <> $1 AND NOT starts_with(node, $1 || '/')) AS "isThere"`,
      values: [orgId],
    });
    if (rows[0]?.isThere) return ' It is more than its organization is guaranteed: whoever it belongs to may reclaim it.';
    return isPreemptible ? ' It is preemptible: work that is not may take its place.' : '';
  }
}

/** Why it is there, said of its machine. */
const choiceInWords = ({ policy, candidates }: DataOf<'RunPlaced'>['reasons']): string => {
  if (policy === 'reserved') return 'was kept for it, and was free';
  if (policy === 'backfilled') return 'is kept for others, and had room that they leave over';
  return candidates === 1
    ? 'was the one machine that had room'
    : `was the best of ${candidates} machines that had room, by the policy ${policy}`;
};

/** What it was told while it waited, where more would cost others. */
const untold = ({ waiting }: RunRow): string =>
  `${waiting?.message ?? 'It waits.'} More cannot be said now: so much waits and runs that looking for it would keep the scheduler from its work.`;

const ended = ({ status, message }: RunRow): Pick<Explanation, 'summary' | 'waiting' | 'placement'> => ({
  summary: `It has ended (${status}) and waits for nothing.${message ? ` ${message}` : ''}`,
  waiting: null,
  placement: null,
});
