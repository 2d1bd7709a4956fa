import { pause, pauseOf } from '@orrery/kernel';
import type { Moment } from '../domain/lease.ts';
import type { ContainerDirectory } from './container-directory.ts';
import type { ContainerState, Engine } from './engine.ts';
import { Frames } from './frames.ts';
import { Intake } from './intake.ts';

export interface FollowerOptions {
  readonly engine: Engine;
  readonly name: string;
  readonly directory: ContainerDirectory;
  readonly maxOutputBytes: number;
  readonly now: () => Moment & { readonly at: number };
  readonly onFailure: (error: unknown) => void;
}

const backOff = { firstMs: 20, longestMs: 5_000 };
/** How long the log of a container that has ended may say nothing before it is given up. */
const lastWordsMs = 5_000;
const sigkill = 137;
const lateMs = 250;

/**
 * Brings a container's output and its beginning and end to the disk, where everything else looks for them. Whoever follows a container
 * anew reads its log from the beginning and leaves out as much as lies on the disk already: that is the same bytes each time.
 */
export class Follower {
  readonly done: Promise<void>;
  readonly #options: FollowerOptions;
  readonly #stopped = new AbortController();
  #heardAt = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.done = this.#follow();
  }

  /** Leaves it to the next agent. */
  stop(): void {
    this.#stopped.abort();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopped;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        if (await this.#isOver()) return;
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onFailure(error);
      }
      await pause(pauseOf(failures, backOff), signal);
    }
  }

  /** Follows it as long as the engine lets us; true once there is nothing more to come. */
  async #isOver(): Promise<boolean> {
    const { engine, name, directory, now } = this.#options;
    const state = await engine.state(name);
    if (state?.startedAt === undefined) {
      if (directory.begun() !== undefined) directory.noteGone();
      else if (state !== undefined && state.error !== '') directory.noteRefusal(state.error);
      return true;
    }
    if (directory.begun() === undefined) directory.noteBegun(state.startedAt, now());
    // The engine dates the end of what a fall of the machine ended to its own next start.
    if (!directory.isOfBoot(now().bootId)) {
      await this.#read();
      directory.noteGone();
      return true;
    }
    await this.#read();
    const begun = directory.begun();
    const after = await engine.state(name);
    if (after === undefined) directory.noteGone();
    else if (after.isRunning || begun === undefined) return false;
    else {
      // It may have ended between a log that was cut off and this look: of what is over the log is whole.
      if (state.isRunning) await this.#read();
      directory.noteExit(begun, await this.#afterMemory(after));
    }
    return true;
  }

  /** The engine tells of an end and of a lack of memory in two messages, and may bring the second one late. */
  async #afterMemory(state: ContainerState): Promise<ContainerState> {
    if (state.exitCode !== sigkill || state.isOomKilled) return state;
    await pause(lateMs, this.#stopped.signal);
    return (await this.#options.engine.state(this.#options.name)) ?? state;
  }

  /** Appends what the log holds beyond the disk, until it ends or there is more than is kept. */
  async #read(): Promise<void> {
    const { engine, name, directory, maxOutputBytes } = this.#options;
    const cut = new AbortController();
    const signal = AbortSignal.any([cut.signal, this.#stopped.signal]);
    const intake = new Intake(directory, maxOutputBytes);
    try {
      if (intake.isFull) return await this.#ended(signal);
      void this.#cutOnceOver(cut, signal);
      const frames = new Frames();
      for await (const chunk of await engine.log(name, signal)) {
        this.#heardAt = performance.now();
        for (const frame of frames.push(chunk)) intake.take(frame);
        if (intake.isFull) break;
      }
    } catch (error) {
      // Cut off because it is over: what is left of the log is read by whoever looks next.
      if (!cut.signal.aborted) throw error;
    } finally {
      cut.abort();
      intake.close();
    }
  }

  /** The engine has been seen to leave a log open whose container was gone. */
  async #cutOnceOver(cut: AbortController, signal: AbortSignal): Promise<void> {
    try {
      await this.#ended(signal);
      // Of what it wrote there may be more than comes in that time.
      for (let left = lastWordsMs; left > 0 && !signal.aborted; left = this.#heardAt + lastWordsMs - performance.now())
        await pause(left, signal);
    } catch {
      // Whoever asks for its state next learns as much.
    } finally {
      cut.abort();
    }
  }

  async #ended(signal: AbortSignal): Promise<void> {
    await this.#options.engine.ended(this.#options.name, signal);
  }
}
