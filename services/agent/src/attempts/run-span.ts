import { type Span, startSpan } from '@orrery/telemetry';
import type { Brief } from '../domain/attempt.ts';

/** The span of a program's life on this machine, as a child of whatever submitted it. */
export class RunSpan {
  readonly #span: Span;

  constructor({ runId, attempt, epoch, orgId, traceparent }: Brief) {
    const attributes = { 'orrery.run_id': runId, 'orrery.attempt': attempt, 'orrery.epoch': epoch };
    this.#span = startSpan('agent.run', { parent: traceparent, attributes, orgId }).span;
  }

  note(what: string): void {
    this.#span.addEvent(what);
  }

  end({ reason, exitCode, ranMs }: { readonly reason: string; readonly exitCode?: number | null; readonly ranMs?: number }): void {
    this.#span.setAttribute('orrery.end_reason', reason);
    if (typeof exitCode === 'number') this.#span.setAttribute('orrery.exit_code', exitCode);
    if (ranMs !== undefined) this.#span.setAttribute('orrery.ran_ms', ranMs);
    this.#span.end();
  }
}
