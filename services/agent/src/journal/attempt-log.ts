import { type Decision, fold } from '@orrery/kernel';
import { Attempt, type AttemptCommand, type AttemptEvent, type AttemptRejection, type AttemptState, heldBy } from '../domain/attempt.ts';
import { Journal } from './journal.ts';
import type { Entry } from './line.ts';

/** Larger than this and mostly history: rewritten. */
const usualCompactBytes = 4 * 1024 * 1024;
/** How long the epoch of a forgotten attempt is kept, so that a start that comes late starts nothing. */
const tombstoneMs = 24 * 60 * 60 * 1_000;
const tombstones = 10_000;

export interface Recorded {
  readonly decision: Decision<AttemptEvent, AttemptRejection>;
  /** Resolves when the decision lies on the disk. */
  readonly durable: Promise<void>;
}

/** Folds entries; each key is the stream of one attempt. */
export const replay = (entries: Iterable<Entry>): Map<string, AttemptState> => {
  const states = new Map<string, AttemptState>();
  for (const { key, event } of entries) states.set(key, Attempt.evolve(states.get(key) ?? Attempt.initial, event));
  return states;
};

/** A program that has begun lies with its runtime; its text need not stay here. */
const slimmed = (event: AttemptEvent, state: AttemptState): AttemptEvent => {
  if (event.type !== 'AttemptAccepted' || state.status === 'Accepted') return event;
  const { spec } = event.data;
  const program = spec.program === undefined ? {} : { program: { ...spec.program, code: '', files: {} } };
  return { ...event, data: { ...event.data, spec: { ...spec, ...program } } };
};

const isStale = (state: AttemptState, nowMs: number): boolean => state.status === 'Forgotten' && nowMs - Date.parse(state.at) > tombstoneMs;

/** What a journal must still hold to give the same states. */
export const compacted = (entries: readonly Entry[], states: ReadonlyMap<string, AttemptState>): Entry[] => {
  const forgotten = [...states].flatMap(([key, state]): Entry[] => {
    if (state.status !== 'Forgotten') return [];
    return [{ key, event: { type: 'AttemptForgotten', data: { epoch: state.epoch, at: state.at } } }];
  });
  const held = entries.flatMap(({ key, event }): Entry[] => {
    const state = states.get(key) ?? Attempt.initial;
    return heldBy(state) === undefined ? [] : [{ key, event: slimmed(event, state) }];
  });
  return [...forgotten.slice(-tombstones), ...held];
};

export interface AttemptLogOptions {
  readonly path: string;
  readonly nowMs: () => number;
  readonly compactBytes?: number;
  /** The disk takes nothing any more. */
  readonly onBroken: (error: unknown) => void;
}

/** The attempts of this machine, as its journal tells them. A decision holds in memory at once, and is durable a moment later. */
export class AttemptLog {
  readonly #journal: Journal;
  readonly #states: Map<string, AttemptState>;
  /** Lines that a fault of the disk has cost. */
  readonly damaged: number;

  private constructor(journal: Journal, states: Map<string, AttemptState>, damaged: number) {
    this.#journal = journal;
    this.#states = states;
    this.damaged = damaged;
  }

  static async open({ path, nowMs, compactBytes = usualCompactBytes, onBroken }: AttemptLogOptions): Promise<AttemptLog> {
    const states = new Map<string, AttemptState>();
    const keep = (entries: readonly Entry[]): Entry[] => {
      for (const [key, state] of states) if (isStale(state, nowMs())) states.delete(key);
      return compacted(entries, states);
    };
    const { journal, entries, damaged } = await Journal.open(path, { bytes: compactBytes, keep, onBroken });
    for (const [key, state] of replay(entries)) states.set(key, state);
    return new AttemptLog(journal, states, damaged);
  }

  get states(): ReadonlyMap<string, AttemptState> {
    return this.#states;
  }

  state(key: string): AttemptState {
    return this.#states.get(key) ?? Attempt.initial;
  }

  decide(key: string, command: AttemptCommand): Recorded {
    const state = this.state(key);
    const decision = Attempt.decide(command, state);
    if (!decision.accepted) return { decision, durable: Promise.resolve() };
    this.#states.set(key, fold(Attempt, decision.events, state));
    return { decision, durable: this.#journal.append(decision.events.map((event) => ({ key, event }))) };
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}
