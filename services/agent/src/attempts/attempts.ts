import type { execution } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import { metrics } from '@orrery/telemetry';
import { type AttemptRef, type AttemptState, type EndMode, type EndReason, heldBy, type ReportKind } from '../domain/attempt.ts';
import type { Lease } from '../domain/lease.ts';
import { type Action, fence, keyOf, obey, type PlatformAnswer, reconcile } from '../domain/reconcile.ts';
import { judgeStart } from '../domain/start.ts';
import type { Runtimes } from '../runtime/runtimes.ts';
import { Overseer } from './overseer.ts';
import { removed } from './removal.ts';
import type { Tools } from './tools.ts';

type Held = execution.AttemptRef & { readonly phase: 'accepted' | 'running' | 'ended' };
export type Judged<T> = { readonly accepted: true; readonly value: T } | { readonly accepted: false; readonly rejection: Rejection };

const phases = { Accepted: 'accepted', Running: 'running', Ended: 'ended', Refused: 'ended', Disowned: 'ended' } as const;
const mostHeld = 2_000;

const refusal = (code: string, details: object): Judged<never> => ({ accepted: false, rejection: { code, details } });

export interface AttemptsTools extends Omit<Tools, 'runtime'> {
  readonly runtimes: Runtimes;
}

/** Every attempt of this machine. */
export class Attempts {
  readonly #tools: AttemptsTools;
  readonly #overseers = new Map<string, Overseer>();
  #closed: string | undefined;
  readonly #stopped = new AbortController();

  constructor(tools: AttemptsTools) {
    this.#tools = tools;
  }

  /** Resolves once the attempt is in the journal. The launch goes on meanwhile: if it overtakes a crash, the next agent reaps it. */
  async accept(spec: execution.AttemptSpec): Promise<Judged<{ isNew: boolean }>> {
    if (this.#closed !== undefined) return refusal('CannotRun', { message: this.#closed });
    if (!this.#tools.runtimes.has(spec.runtime)) return refusal('CannotRun', { message: `This machine has no runtime ${spec.runtime}.` });
    // It would see the whole GPU, and others' programs on it.
    if (spec.mig !== null && !this.#tools.slicesGpus)
      return refusal('CannotRun', { message: 'The agent of this machine makes no slices of GPUs (MIG).' });
    const key = keyOf(spec);
    const verdict = judgeStart(spec, this.#tools.attempts.states, mostHeld);
    if (verdict.verdict === 'stale') return refusal('StaleEpoch', { epoch: verdict.epoch });
    if (verdict.verdict === 'full') return refusal('CannotRun', { message: `This machine holds ${mostHeld} attempts already.` });
    if (verdict.verdict === 'accept') for (const outdated of verdict.outdated) this.#disown(outdated);
    const slot = verdict.verdict === 'accept' ? verdict.slot : 0;
    const { uptimeMs, bootId } = this.#tools.now();
    const { decision, durable } = this.#tools.attempts.decide(key, { type: 'Accept', spec, slot, uptimeMs, bootId });
    if (!decision.accepted) return { accepted: false, rejection: decision.rejection };
    const isNew = decision.events.length > 0;
    if (isNew) void this.#oversee(key).launch(spec);
    await durable;
    return { accepted: true, value: { isNew } };
  }

  async end(ref: AttemptRef, mode: EndMode, reason: EndReason): Promise<Judged<undefined>> {
    const overseer = this.#overseers.get(keyOf(ref));
    const state = this.#tools.attempts.state(keyOf(ref));
    if (overseer === undefined || !('brief' in state) || state.brief.epoch !== ref.epoch) return refusal('AttemptUnknown', {});
    const { decision, durable } = overseer.end(mode, reason);
    await durable;
    return decision.accepted ? { accepted: true, value: undefined } : { accepted: false, rejection: decision.rejection };
  }

  /** Takes up what the journal and the machine hold after a start of the agent. */
  resume(lease: Lease): void {
    const { runtimes, attempts, now, log } = this.#tools;
    const actions = reconcile(attempts.states, { found: runtimes.found(), now: now(), lease });
    if (actions.length > 0)
      log.info({ actions: actions.map(({ do: what, key }) => `${what} ${key}`) }, 'taking up what an earlier agent left');
    this.#carryOut(actions);
  }

  obey(answer: PlatformAnswer): void {
    this.#carryOut(obey(this.#tools.attempts.states, answer));
  }

  /** Kills what nobody renewed the lease of. */
  fence(lease: Lease): void {
    this.#carryOut(fence(this.#tools.attempts.states, { found: new Map(), now: this.#tools.now(), lease }));
  }

  /** Everything held, as the platform is told. */
  inventory(): Held[] {
    return this.#held().map(({ brief: { runId, attempt, epoch }, status }) => ({ runId, attempt, epoch, phase: phases[status] }));
  }

  get count(): number {
    return this.#overseers.size;
  }

  get pendingBytes(): number {
    return [...this.#overseers.values()].reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
  }

  mayReport(key: string, kind: ReportKind): boolean {
    return this.#overseers.get(key)?.mayReport(kind) ?? false;
  }

  reported(key: string): void {
    void this.#overseers.get(key)?.reported();
  }

  /** The platform refuses its reports: somebody else runs it by now, or nobody. */
  disown(key: string): void {
    this.#disown(key);
  }

  /** Starts nothing more; `why` is what the platform is told. */
  close(why: string): void {
    this.#closed = why;
  }

  /** Leaves everything as it is to the next agent. */
  stop(): void {
    this.close('The agent of this machine is stopping.');
    this.#stopped.abort();
    for (const overseer of this.#overseers.values()) overseer.stop();
  }

  measure(): void {
    const counts = { accepted: 0, running: 0, ended: 0 };
    for (const { status } of this.#held()) counts[phases[status]] += 1;
    for (const [state, count] of Object.entries(counts)) metrics.attempts.record(count, { state });
    metrics.spool.record(this.pendingBytes, {});
  }

  #held(): Extract<AttemptState, { readonly brief: unknown }>[] {
    return [...this.#tools.attempts.states.values()].flatMap((state) => ('brief' in state ? [state] : []));
  }

  #oversee(key: string): Overseer {
    const known = this.#overseers.get(key);
    if (known !== undefined) return known;
    const { runtimes, attempts } = this.#tools;
    const held = heldBy(attempts.state(key));
    if (held === undefined) throw new TypeError(`attempt ${key} is not held by this machine`);
    const tools = { ...this.#tools, runtime: runtimes.of(held.brief.runtime) };
    const overseer = new Overseer(key, tools, () => this.#overseers.delete(key));
    this.#overseers.set(key, overseer);
    return overseer;
  }

  #disown(key: string): void {
    this.#tools.log.warn({ attempt: key }, 'given away by the platform: killed and forgotten');
    void this.#oversee(key).disown();
  }

  #carryOut(actions: readonly Action[]): void {
    for (const action of actions) {
      switch (action.do) {
        case 'launch':
          void this.#oversee(action.key).launch();
          break;
        case 'attach':
          this.#oversee(action.key).attach();
          break;
        case 'end':
          this.#oversee(action.key).end(action.mode, action.reason);
          break;
        case 'disown':
          this.#disown(action.key);
          break;
        case 'reap':
          void this.#reap(action.key);
      }
    }
  }

  async #reap(key: string): Promise<void> {
    const { runtimes, log } = this.#tools;
    if (await removed(key, { runtime: runtimes, log }, this.#stopped.signal)) log.warn({ attempt: key }, 'reaped what nobody claims');
  }
}
