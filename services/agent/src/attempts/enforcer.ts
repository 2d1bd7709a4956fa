import type { AttemptState, EndMode, EndReason } from '../domain/attempt.ts';
import { nextStep } from '../domain/limits.ts';
import type { Signal } from '../runtime/runtime.ts';
import type { Tools } from './tools.ts';

export interface Subject {
  readonly state: () => AttemptState;
  readonly end: (mode: EndMode, reason: EndReason) => void;
  readonly isOverLimit: () => boolean;
}

/** Output is measured at most this often. */
const measureMs = 50;
const longestTimerMs = 2 ** 31 - 1;
const mib = 1024 * 1024;

/** Holds a program to its limits of time, memory and output, and to what people want of it. */
export class Enforcer {
  readonly #key: string;
  readonly #tools: Tools;
  readonly #subject: Subject;
  #timer: NodeJS.Timeout | undefined;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #isTermSent = false;
  readonly #sending = new Set<Signal>();

  constructor(key: string, tools: Tools, subject: Subject) {
    this.#key = key;
    this.#tools = tools;
    this.#subject = subject;
  }

  /** Does what is due, and comes back when the next thing is. */
  enforce(): void {
    const state = this.#subject.state();
    if (state.status !== 'Accepted' && state.status !== 'Running') return;
    clearTimeout(this.#timer);
    const step = nextStep(state, this.#tools.now().uptimeMs);
    if (step.signal !== undefined) void this.#send(step.signal);
    if (step.isOverTime) this.#subject.end('stop', 'time-limit');
    if (step.dueInMs !== undefined) this.#timer = setTimeout(() => this.enforce(), Math.min(step.dueInMs, longestTimerMs)).unref();
    this.measureOutput();
    void this.#measureMemory(state.brief.resources.memoryMib);
  }

  measureOutput(): void {
    const now = performance.now();
    if (now - this.#measuredAt < measureMs) return;
    this.#measuredAt = now;
    if (this.#subject.isOverLimit()) this.#subject.end('abort', 'output-limit');
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** What fails is tried again as long as the program lives: whoever watches it comes by now and then. */
  async #send(signal: Signal): Promise<void> {
    if (this.#sending.has(signal) || (signal === 'SIGTERM' && this.#isTermSent)) return;
    this.#sending.add(signal);
    try {
      const reached = await this.#tools.runtime.signal(this.#key, signal);
      if (signal === 'SIGTERM') this.#isTermSent = reached > 0;
    } catch (err) {
      this.#tools.log.warn({ err, attempt: this.#key, signal }, 'a signal could not be sent yet');
    } finally {
      this.#sending.delete(signal);
    }
  }

  async #measureMemory(memoryMib: number): Promise<void> {
    const { runtime } = this.#tools;
    if (runtime.boundsMemory) return;
    const usage = await runtime.stats(this.#key);
    if ((usage?.memoryBytes ?? 0) > memoryMib * mib) this.#subject.end('abort', 'memory-limit');
  }
}
