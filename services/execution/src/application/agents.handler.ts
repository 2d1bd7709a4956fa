import { Controller } from '@nestjs/common';
import { execution, type InputOf, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { type Counter, counter } from '@orrery/telemetry';
import type { RunCommand } from '../domain/run/run-commands.ts';
import { WorkerReader } from '../views/worker-reader.ts';
import { AgentCredentials } from './agent-credentials.ts';
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
  private readonly reader: WorkerReader;
  private readonly credentials: AgentCredentials;

  constructor(runs: Runs, beats: Beats, reader: WorkerReader, credentials: AgentCredentials) {
    this.runs = runs;
    this.beats = beats;
    this.reader = reader;
    this.credentials = credentials;
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
    const workerId = await this.memberOf(context);
    const handled = await this.runs.tell(report.runId, commandOf(clean(report), workerId), context);
    reports.add(1, { report: report.kind, outcome: handled.accepted ? 'accepted' : handled.rejection.code });
    refuse(handled);
    return {};
  }

  @Serves(execution.RenewWorker)
  async renew(_input: InputOf<typeof execution.RenewWorker>, context: RequestContext): Promise<OutputOf<typeof execution.RenewWorker>> {
    return { natsCreds: await this.credentials.renew(await this.memberOf(context)) };
  }

  /** Whoever was removed may still have credentials that open the bus. */
  private async memberOf(context: RequestContext): Promise<execution.WorkerId> {
    const workerId = workerOf(context);
    return (await this.reader.has(workerId)) ? workerId : refuse({ code: 'WorkerNotFound', details: {} });
  }
}
