import { Controller } from '@nestjs/common';
import { execution, type InputOf, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { type Counter, counter } from '@orrery/telemetry';
import type { RunCommand } from '../domain/run-commands.ts';
import { Beats } from './beats.ts';
import { clean } from './clean.ts';
import { Runs } from './runs.ts';

/** `outcome`: `accepted` or the code of the refusal. */
const reports: Counter<'report' | 'outcome'> = counter('orrery_reports_total', 'Reports of agents, by kind and what became of them');

/** Who asks is the last word of the subject that it asked on, which its credentials open and no other's do. */
const workerOf = ({ principal }: RequestContext): execution.WorkerId => {
  if (principal.kind !== 'agent') throw new TypeError('the bus lets only agents ask this');
  return execution.WorkerId.parse(principal.id);
};

const commandOf = (report: execution.AttemptReport, workerId: execution.WorkerId): Exclude<RunCommand, { type: 'Submit' }> => {
  const told = { workerId, receivedAt: instantOf(systemClock.now()) };
  switch (report.kind) {
    case 'started':
      return { type: 'ReportStarted', ...report, ...told };
    case 'ended':
      return { type: 'ReportEnded', ...report, ...told };
    case 'refused':
      return { type: 'ReportRefused', ...report, ...told };
  }
};

@Controller()
export class AgentsHandler {
  private readonly runs: Runs;
  private readonly beats: Beats;

  constructor(runs: Runs, beats: Beats) {
    this.runs = runs;
    this.beats = beats;
  }

  @Serves(execution.BeatWorker)
  async beat(
    { facts, attempts }: InputOf<typeof execution.BeatWorker>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.BeatWorker>> {
    const answer = await this.beats.hear({ workerId: workerOf(context), facts, attempts });
    return answer === 'unknown' ? refuse({ code: 'WorkerNotFound', details: {} }) : answer;
  }

  @Serves(execution.ReportAttempt)
  async report(
    { report }: InputOf<typeof execution.ReportAttempt>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.ReportAttempt>> {
    const handled = await this.runs.tell(report.runId, commandOf(clean(report), workerOf(context)), context);
    reports.add(1, { report: report.kind, outcome: handled.accepted ? 'accepted' : handled.rejection.code });
    refuse(handled);
    return {};
  }
}
