import { randomUUID } from 'node:crypto';
import { execution, instantOf, type Operation, type RequestContext, type RequestOf } from '@orrery/contracts';
import { AgentDesk, type Bus, connectBus, type Outcome, refuse } from '@orrery/messaging';
import { eventually } from '@orrery/testing';

export interface Held {
  readonly spec: execution.AttemptSpec;
  phase: 'accepted' | 'running' | 'ended';
  seq: number;
  wish?: { readonly mode: execution.EndMode; readonly reason: execution.EndReason } | undefined;
}

type Answer = 'accept' | 'refuse' | 'silence';

/** Ends what it is told to end. */
const obedient =
  (agent: FakeAgent) =>
  (held: Held): void =>
    void agent.finish(held, { reason: held.wish?.reason ?? 'exited', exitCode: null, ranMs: 0 }).catch(() => undefined);

const wait = new Promise<never>(() => undefined);

/** The other side of the protocol, as far as the platform can see it: real contracts on a real bus, and no program behind. */
export class FakeAgent {
  readonly held = new Map<string, Held>();
  /** Attempts that the platform wanted dead. */
  readonly killed: execution.AttemptRef[] = [];
  /** How it answers to a start. */
  answer: Answer = 'accept';
  /** Called with each new attempt. */
  onStart: (held: Held) => void = () => undefined;
  onEnd: (held: Held) => void = obedient(this);
  startsAsked = 0;
  readonly workerId: execution.WorkerId;
  private readonly bus: Bus;
  private beating: NodeJS.Timeout | undefined;

  private constructor(bus: Bus, workerId: execution.WorkerId) {
    this.bus = bus;
    this.workerId = workerId;
    new AgentDesk(bus, { workerId, onFault: () => undefined })
      .serve(execution.StartAttempt, ({ spec }) => this.start(spec))
      .serve(execution.EndAttempt, async ({ mode, reason, ...ref }) => {
        const held = this.held.get(ref.runId);
        if (!held || held.spec.epoch !== ref.epoch) return refuse({ code: 'AttemptUnknown', details: {} });
        if (held.wish?.mode !== mode) {
          held.wish = { mode, reason };
          this.onEnd(held);
        }
        return {};
      });
  }

  static async connect(url: string, workerId: execution.WorkerId, credentials?: string): Promise<FakeAgent> {
    const bus = await connectBus({
      url,
      name: `agent ${workerId}`,
      inboxPrefix: `_INBOX_agent.${workerId}`,
      ...(credentials === undefined ? {} : { credentials }),
    });
    return new FakeAgent(bus, workerId);
  }

  ask<X extends Operation>(operation: X, input: RequestOf<X>, traceparent?: string): Promise<Outcome<X>> {
    const context: RequestContext = {
      principal: { kind: 'agent', id: this.workerId },
      commandId: randomUUID(),
      idempotent: false,
      correlationId: randomUUID(),
      causationId: randomUUID(),
      deadlineAt: Date.now() + 5_000,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    return this.bus.ask(operation, input, context);
  }

  async beat(facts?: execution.WorkerFacts): Promise<Outcome<typeof execution.BeatWorker>> {
    const attempts = [...this.held.values()].map(({ spec: { runId, attempt, epoch }, phase }) => ({ runId, attempt, epoch, phase }));
    const outcome = await this.ask(execution.BeatWorker, { attempts, ...(facts === undefined ? {} : { facts }) });
    if (outcome.accepted) {
      for (const ref of outcome.value.kill) {
        this.killed.push(ref);
        this.held.delete(ref.runId);
      }
      for (const { mode, reason, runId } of outcome.value.end) {
        const held = this.held.get(runId);
        if (held && !held.wish) {
          held.wish = { mode, reason };
          this.onEnd(held);
        }
      }
    }
    return outcome;
  }

  /** Waits until it has this attempt of the run. */
  holds(runId: execution.RunId, attempt = 1): Promise<Held> {
    return eventually(
      () => {
        const held = this.held.get(runId);
        return held?.spec.attempt === attempt && held;
      },
      { within: 40_000, every: 5 },
    );
  }

  startBeating(everyMs: number): void {
    this.beating = setInterval(() => void this.beat().catch(() => undefined), everyMs);
  }

  stopBeating(): void {
    clearInterval(this.beating);
  }

  report(
    held: Held,
    report: Partial<execution.AttemptReport> & Pick<execution.AttemptReport, 'kind'>,
  ): Promise<Outcome<typeof execution.ReportAttempt>> {
    const { runId, attempt, epoch, traceparent } = held.spec;
    const at = instantOf(Date.now());
    const ended = { ranMs: 1_000, exitCode: 0, reason: 'exited', message: null, lastSeq: held.seq } as const;
    const refused = { message: 'no room', isRetryable: true };
    const rest = report.kind === 'ended' ? ended : report.kind === 'refused' ? refused : {};
    const whole = execution.AttemptReport.parse({ runId, attempt, epoch, at, ...rest, ...report });
    return this.ask(execution.ReportAttempt, { report: whole }, traceparent);
  }

  async begin(held: Held): Promise<void> {
    held.phase = 'running';
    refuse(await this.report(held, { kind: 'started' }));
  }

  async finish(held: Held, end: Partial<Extract<execution.AttemptReport, { kind: 'ended' }>> = {}): Promise<void> {
    held.phase = 'ended';
    refuse(await this.report(held, { kind: 'ended', ...end }));
    this.held.delete(held.spec.runId);
  }

  /** Publishes output as a program would write it, one chunk a line. */
  async print(held: Held, ...lines: readonly string[]): Promise<void> {
    const { runId, attempt, orgId } = held.spec;
    const at = instantOf(Date.now());
    const firstSeq = held.seq + 1;
    const chunks = lines.map((text) => {
      held.seq += 1;
      return { runId, attempt, seq: held.seq, stream: 'stdout' as const, at, text };
    });
    await this.publish(
      `tele.output.${this.workerId}.${runId}`,
      { orgId, chunks } satisfies execution.OutputBatch,
      `${runId}.${attempt}.${firstSeq}`,
    );
  }

  async publish(subject: string, body: object, msgID: string = randomUUID()): Promise<void> {
    await this.bus.connection.jetstream().publish(subject, JSON.stringify(body), { msgID });
  }

  /** From now on a machine without a will of its own. */
  behave(): void {
    this.answer = 'accept';
    this.onEnd = obedient(this);
    for (const held of this.held.values()) if (held.wish) this.onEnd(held);
    this.stopBeating();
    if (!this.bus.connection.isClosed()) this.startBeating(200);
  }

  /** Vanishes without a word. */
  async vanish(): Promise<void> {
    this.stopBeating();
    if (!this.bus.connection.isClosed()) await this.bus.close();
  }

  private async start(spec: execution.AttemptSpec): Promise<{ isNew: boolean }> {
    this.startsAsked += 1;
    if (this.answer === 'silence') return await wait;
    if (this.answer === 'refuse') return refuse({ code: 'CannotRun', details: { why: 'no sandbox' } });
    const known = this.held.get(spec.runId);
    if (known && known.spec.epoch > spec.epoch) return refuse({ code: 'StaleEpoch', details: {} });
    if (known?.spec.epoch === spec.epoch) return { isNew: false };
    const held: Held = { spec, phase: 'accepted', seq: 0 };
    this.held.set(spec.runId, held);
    this.onStart(held);
    return { isNew: true };
  }
}
