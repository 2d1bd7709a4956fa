import { instantOf } from '@orrery/contracts';
import { pause, pauseOf } from '@orrery/kernel';
import { type AttemptState, type EndMode, type EndReason, heldBy, type Refusal, type ReportKind } from '../domain/attempt.ts';
import { concludeFrom, type Pulse } from '../domain/end.ts';
import { backstopSeconds } from '../domain/limits.ts';
import type { Recorded } from '../journal/attempt-log.ts';
import type { Shipper } from '../output/shipper.ts';
import { type Change, type Inspection, type Secrets, type Stamp, Unrunnable } from '../runtime/runtime.ts';
import { Enforcer } from './enforcer.ts';
import { removed, vacated } from './removal.ts';
import { RunSpan } from './run-span.ts';
import { shipperOf } from './shipper-of.ts';
import type { Tools } from './tools.ts';

/** How long the report of an end waits for the output before it. */
const outputWaitMs = 10_000;
/** How long output is still offered to the bus after everything was reported; then its place on the disk is given back. */
const outputKeptMs = 60 * 60 * 1_000;
const lostEnv = 'The agent was restarted before the program began, and what its environment holds is kept in memory only.';
const backOff = { firstMs: 2_000, longestMs: 30_000 };

/** Looks after one attempt, from its acceptance or from where an earlier agent left it, until it is forgotten. */
export class Overseer {
  readonly #key: string;
  readonly #tools: Tools;
  readonly #onGone: () => void;
  readonly #shipper: Shipper;
  readonly #enforcer: Enforcer;
  #span: RunSpan | undefined;
  /** Nothing more is done for it. */
  readonly #stopped = new AbortController();
  /** It is to end: what is not laid out yet need not be. */
  readonly #unwanted = new AbortController();
  /** It is left to the next agent. */
  readonly #left = new AbortController();
  #unwatch: () => void = () => {};
  /** Since when this agent has seen the program alive itself. */
  #seen: Pulse | undefined;
  #isFinishing = false;
  #failures = 0;
  #isOutputSettled = false;

  constructor(key: string, tools: Tools, onGone: () => void) {
    this.#key = key;
    this.#tools = tools;
    this.#onGone = onGone;
    this.#shipper = shipperOf(key, this.#held().brief, tools);
    this.#enforcer = new Enforcer(key, tools, {
      state: () => this.#state,
      end: (mode, reason) => void this.end(mode, reason),
      isOverLimit: () => this.#shipper.isOverLimit,
    });
  }

  get pendingBytes(): number {
    return this.#shipper.pendingBytes;
  }

  /** Lays out and launches what was accepted. Of an earlier agent's acceptance the environment is lost: nothing but a new attempt has it. */
  async launch(given?: Secrets): Promise<void> {
    const { runtime, log } = this.#tools;
    const state = this.#state;
    if (state.status !== 'Accepted') return;
    if (state.needsEnv && given === undefined) return await this.#refuse({ message: lostEnv, isRetryable: true });
    try {
      if (!(await this.#isLaidOut(state, given?.registry))) return;
      this.#watch();
      // Ended before it was launched: it must not begin at all.
      if (this.#isToEnd()) this.#over(runtime.inspect(this.#key));
      else await runtime.start(this.#key, given?.env ?? {});
    } catch (error) {
      if (this.#left.signal.aborted) return;
      log.error({ err: error, attempt: this.#key }, 'could not be launched');
      await this.#refuse({ message: error instanceof Error ? error.message : String(error), isRetryable: !(error instanceof Unrunnable) });
    }
  }

  /** False where it was given away meanwhile. */
  async #isLaidOut({ spec, slot }: Extract<AttemptState, { status: 'Accepted' }>, registry: Secrets['registry']): Promise<boolean> {
    const { runtime } = this.#tools;
    const signal = AbortSignal.any([this.#stopped.signal, this.#unwanted.signal]);
    try {
      await runtime.prepare(this.#key, spec, { slot, registry, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    // What was removed when it was given away may have come back since.
    if (this.#stopped.signal.aborted && heldBy(this.#state) === undefined) await runtime.remove(this.#key);
    return !this.#stopped.signal.aborted;
  }

  /** Takes up what an earlier agent began, whatever has become of it meanwhile. */
  attach(): void {
    const { status } = this.#state;
    if (status === 'Ended' || status === 'Refused') void this.#settle();
    else {
      this.#watch();
      this.#look();
    }
  }

  end(mode: EndMode, reason: EndReason): Recorded {
    const recorded = this.#tools.attempts.decide(this.#key, { type: 'RequestEnd', mode, reason, uptimeMs: this.#tools.now().uptimeMs });
    if (recorded.decision.accepted && recorded.decision.events.length > 0) {
      this.#span?.note(`end requested: ${mode}, ${reason}`);
      this.#unwanted.abort();
      this.#enforcer.enforce();
    }
    return recorded;
  }

  /** The platform wants to hear nothing more of it: kill and forget. */
  async disown(): Promise<void> {
    await this.#tools.attempts.decide(this.#key, { type: 'Disown' }).durable;
    this.#letGo();
    this.#span?.end({ reason: 'disowned' });
    await this.#leave();
  }

  mayReport(kind: ReportKind): boolean {
    return kind !== 'ended' || this.#isOutputSettled;
  }

  /** Everything that was due has been answered. */
  async reported(): Promise<void> {
    const { status } = this.#state;
    if (status !== 'Ended' && status !== 'Refused') return;
    if (status === 'Ended' && !(await this.#shipper.shipped(outputKeptMs))) {
      if (this.#stopped.signal.aborted) return;
      this.#tools.log.warn({ attempt: this.#key, bytes: this.#shipper.pendingBytes }, 'gave up output that the bus did not take');
    }
    await this.#leave();
  }

  /** Leaves program and output to the next agent. */
  stop(): void {
    this.#left.abort();
    this.#letGo();
    this.#span?.end({ reason: 'left' });
  }

  get #state(): AttemptState {
    return this.#tools.attempts.state(this.#key);
  }

  #isToEnd(): boolean {
    const state = this.#state;
    return 'end' in state && state.end !== undefined;
  }

  #held() {
    const state = this.#state;
    if (!('brief' in state)) throw new TypeError(`attempt ${this.#key} is not held by this machine`);
    return state;
  }

  #letGo(): void {
    this.#stopped.abort();
    this.#unwatch();
    this.#enforcer.stop();
    this.#shipper.stop();
  }

  #watch(): void {
    this.#span ??= new RunSpan(this.#held().brief);
    this.#unwatch = this.#tools.runtime.watch(this.#key, (what) => this.#changed(what));
  }

  #changed(what: Change): void {
    if (what === 'state') {
      this.#look();
    } else {
      this.#shipper.wake();
      this.#enforcer.measureOutput();
    }
  }

  #look(): void {
    if (this.#isFinishing || this.#stopped.signal.aborted) return;
    const seen = this.#tools.runtime.inspect(this.#key);
    if (seen.begun !== undefined && this.#state.status === 'Accepted') this.#begin(seen.begun);
    this.#shipper.wake();
    if (seen.presence === 'over') {
      this.#over(seen);
      return;
    }
    if (seen.presence === 'alive') this.#seen = this.#tools.now();
    this.#enforcer.enforce();
  }

  #begin({ at, uptimeMs }: Stamp): void {
    const { bootId } = this.#held().accepted;
    const { durable } = this.#tools.attempts.decide(this.#key, { type: 'Begin', at: instantOf(at), uptimeMs, bootId });
    this.#span?.note('begun');
    void durable.then(() => this.#tools.report(this.#key));
  }

  #over(seen: Inspection): void {
    this.#isFinishing = true;
    this.#finish(seen).catch(async (error: unknown) => {
      this.#tools.log.error({ err: error, attempt: this.#key }, 'the end could not be noted yet');
      this.#failures += 1;
      await pause(pauseOf(this.#failures, backOff), this.#stopped.signal);
      this.#isFinishing = false;
      this.#look();
    });
  }

  async #finish(seen: Inspection): Promise<void> {
    const { runtime, attempts, onOver } = this.#tools;
    onOver(this.#key);
    // Nothing may write any more when the output is cut for the last time.
    await runtime.kill(this.#key);
    await vacated(this.#key, this.#tools);
    if (this.#stopped.signal.aborted) return;
    const state = this.#state;
    if (state.status === 'Running') {
      const lastSeq = await this.#shipper.complete();
      if (this.#left.signal.aborted) return;
      const { endedAt, ranMs, exitCode, reason, message } = this.#conclude(state, seen);
      await attempts.decide(this.#key, { type: 'Finish', at: instantOf(endedAt), ranMs, exitCode, reason, message, lastSeq }).durable;
      this.#span?.end({ reason, exitCode, ranMs });
    } else if (state.status === 'Accepted') {
      const { end } = state;
      if (end === undefined) return this.#refuse(runtime.refusal(this.#key));
      // The sandbox may have complained before the program could begin; what was written is completed, or nobody stops waiting for it.
      const lastSeq = await this.#shipper.complete();
      if (this.#left.signal.aborted) return;
      const nothing = { at: instantOf(this.#tools.now().at), ranMs: 0, exitCode: null, message: null, lastSeq };
      await attempts.decide(this.#key, { type: 'Finish', ...nothing, reason: end.reason }).durable;
      this.#span?.end({ reason: end.reason });
    }
    await this.#settle();
  }

  #conclude(state: Extract<AttemptState, { status: 'Running' }>, { exit, oomKills }: Inspection) {
    const backstopMs = (backstopSeconds(state.brief) - 1) * 1_000;
    const seenAlive = this.#seen ?? this.#tools.lastPulse;
    return concludeFrom({ begun: state.begun, exit, seenAlive, now: this.#tools.now(), oomKills, backstopMs, end: state.end });
  }

  async #refuse({ message, isRetryable }: Omit<Refusal, 'at'>): Promise<void> {
    const at = instantOf(this.#tools.now().at);
    await this.#tools.attempts.decide(this.#key, { type: 'Refuse', at, message: message.slice(0, 2_000), isRetryable }).durable;
    this.#span?.end({ reason: 'start-failed' });
    await this.#settle();
  }

  async #settle(): Promise<void> {
    this.#unwatch();
    this.#enforcer.stop();
    if (this.#state.status === 'Ended') {
      this.#shipper.wake();
      await this.#shipper.shipped(outputWaitMs);
    }
    if (this.#stopped.signal.aborted) return;
    this.#isOutputSettled = true;
    this.#tools.report(this.#key);
  }

  async #leave(): Promise<void> {
    // An agent that was stopped meanwhile notes nothing any more: the next one finds it removed.
    if (!(await removed(this.#key, this.#tools, this.#left.signal)) || this.#left.signal.aborted) return;
    await this.#tools.attempts.decide(this.#key, { type: 'Forget', at: instantOf(this.#tools.now().at) }).durable;
    this.#shipper.stop();
    this.#onGone();
  }
}
