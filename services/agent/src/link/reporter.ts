import { execution } from '@orrery/contracts';
import { Errands, type Step } from '@orrery/kernel';
import { type Log, metrics, withSpan } from '@orrery/telemetry';
import type { Attempts } from '../attempts/attempts.ts';
import { nextReport } from '../domain/reports.ts';
import type { AttemptLog } from '../journal/attempt-log.ts';
import type { Platform } from './platform.ts';

export interface ReporterOptions {
  readonly platform: Platform;
  readonly attempts: AttemptLog;
  readonly log: Log;
}

type Overseers = Pick<Attempts, 'mayReport' | 'reported' | 'disown'>;
type Answer = 'answered' | 'disowned' | 'unanswered';

const backOff = { firstMs: 200, longestMs: 10_000 };
/** Reports that wait for their answer at the same time. */
const mostAtOnce = 16;

/** The platform has given the attempt to somebody else, or knows nothing of it: no report of it will ever be taken. */
const isFinal = (code: string): boolean => code === 'StaleEpoch' || code === 'RunNotFound';

/** Brings the reports of the journal to the platform: each attempt's in order, again and again until each is answered. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #overseers: () => Overseers;
  readonly #errands: Errands;

  constructor(options: ReporterOptions, overseers: () => Overseers) {
    this.#options = options;
    this.#overseers = overseers;
    const failed = (err: unknown, attempt: string): void => options.log.error({ err, attempt }, 'a report could not be made');
    this.#errands = new Errands({ step: (key) => this.#bring(key), failed, backOff, width: mostAtOnce });
  }

  /** There may be something to report of an attempt. */
  submit(key: string): void {
    this.#errands.attend(key);
  }

  /** The platform can be reached again: whoever waits tries now. */
  hurry(): void {
    this.#errands.hurry();
  }

  stop(): Promise<void> {
    return this.#errands.stop();
  }

  async #bring(key: string): Promise<Step> {
    const report = nextReport(this.#options.attempts.state(key));
    if (report === undefined) {
      this.#overseers().reported(key);
      return 'done';
    }
    if (!this.#overseers().mayReport(key, report.kind)) return 'done';
    const answer = await this.#send(report);
    if (answer === 'unanswered') return 'again';
    if (answer === 'disowned') {
      this.#overseers().disown(key);
      return 'done';
    }
    await this.#options.attempts.decide(key, { type: 'Answer', kind: report.kind }).durable;
    return 'more';
  }

  async #send(report: execution.AttemptReport): Promise<Answer> {
    try {
      return await this.#ask(report);
    } catch (error) {
      this.#options.log.debug({ err: error, runId: report.runId }, 'a report was not answered');
      metrics.reports.add(1, { report: report.kind, outcome: 'failed' });
      return 'unanswered';
    }
  }

  async #ask(report: execution.AttemptReport): Promise<Answer> {
    const { platform, log } = this.#options;
    const { runId, attempt, epoch, kind } = report;
    const letter = { commandId: `${runId}.${attempt}.${epoch}.${kind}`, correlationId: runId };
    const outcome = await withSpan('agent.report', this.#spanOf(report), () => platform.ask(execution.ReportAttempt, { report }, letter));
    metrics.reports.add(1, { report: kind, outcome: outcome.accepted ? 'accepted' : 'refused' });
    if (outcome.accepted) return 'answered';
    const { code } = outcome.rejection;
    if (isFinal(code)) return 'disowned';
    log.error({ runId, attempt, report: kind, code }, 'the platform refused a report; it is offered again');
    return 'unanswered';
  }

  #spanOf({ runId, attempt, kind }: execution.AttemptReport) {
    const state = this.#options.attempts.state(`${runId}.${attempt}`);
    const brief = 'brief' in state ? state.brief : undefined;
    return { parent: brief?.traceparent, orgId: brief?.orgId, attributes: { 'orrery.run_id': runId, 'orrery.report': kind } };
  }
}
