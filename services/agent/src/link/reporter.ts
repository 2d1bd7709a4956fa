import { setTimeout as pause } from 'node:timers/promises';
import { execution } from '@orrery/contracts';
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

const retryMs = { least: 200, most: 10_000 };
/** Reports that wait for their answer at the same time. */
const mostAtOnce = 16;

/** The platform has given the attempt to somebody else, or knows nothing of it: no report of it will ever be taken. */
const isFinal = (code: string): boolean => code === 'StaleEpoch' || code === 'RunNotFound';

/** Brings the reports of the journal to the platform: each attempt's in order, again and again until each is answered. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #overseers: () => Overseers;
  readonly #stopped = new AbortController();
  #hurry = new AbortController();
  readonly #busy = new Set<string>();
  readonly #again = new Set<string>();
  #running = 0;
  #waiting: (() => void)[] = [];

  constructor(options: ReporterOptions, overseers: () => Overseers) {
    this.#options = options;
    this.#overseers = overseers;
  }

  /** There may be something to report of an attempt. */
  submit(key: string): void {
    if (this.#stopped.signal.aborted) return;
    if (this.#busy.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#busy.add(key);
    void this.#bring(key).finally(() => {
      this.#busy.delete(key);
      if (this.#again.delete(key)) this.submit(key);
    });
  }

  /** The platform can be reached again: whoever waits tries now. */
  hurry(): void {
    this.#hurry.abort();
    this.#hurry = new AbortController();
  }

  stop(): void {
    this.#stopped.abort();
    this.#hurry.abort();
    for (const go of this.#waiting.splice(0)) go();
  }

  async #bring(key: string): Promise<void> {
    for (let wait = retryMs.least; !this.#stopped.signal.aborted; ) {
      const report = nextReport(this.#options.attempts.state(key));
      if (report === undefined) {
        this.#overseers().reported(key);
        return;
      }
      if (!this.#overseers().mayReport(key, report.kind)) return;
      const answer = await this.#send(report);
      if (answer === 'answered') {
        await this.#options.attempts.decide(key, { type: 'Answer', kind: report.kind }).durable;
        wait = retryMs.least;
      } else if (answer === 'disowned') {
        this.#overseers().disown(key);
        return;
      } else {
        await pause(wait * (0.5 + Math.random()), undefined, { ref: false, signal: this.#hurry.signal }).catch(() => undefined);
        wait = Math.min(wait * 2, retryMs.most);
      }
    }
  }

  async #send(report: execution.AttemptReport): Promise<Answer> {
    await this.#turn();
    try {
      return await this.#ask(report);
    } catch (error) {
      this.#options.log.debug({ err: error, runId: report.runId }, 'a report was not answered');
      metrics.reports.add(1, { report: report.kind, outcome: 'failed' });
      return 'unanswered';
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
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

  async #turn(): Promise<void> {
    while (this.#running >= mostAtOnce && !this.#stopped.signal.aborted) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
  }
}
