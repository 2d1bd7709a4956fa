import type { execution } from '@orrery/contracts';
import type { AttemptSpec } from '../domain/attempt.ts';
import type { Presence } from '../domain/reconcile.ts';
import type { Usage } from './groups.ts';
import type { Stamp, StreamName } from './run-directory.ts';

export type { Stamp, StreamName, Usage };

/** What a program wrote. It stays where it is until the attempt is removed: this is the spool. */
export interface OutputSource {
  readonly size: (stream: StreamName) => number;
  /** At most `length` bytes from `offset` on; fewer at the end. */
  readonly read: (stream: StreamName, offset: number, length: number) => Uint8Array;
}

/** What a program finds in its environment beside what every program does. */
export type Env = Readonly<Record<string, string>>;

/** What an attempt has beside its spec. */
export interface Place {
  /** Number that no other attempt of this machine has. */
  readonly slot: number;
  /** With what its image is pulled. */
  readonly registry?: execution.RegistryLogin | undefined;
  /** Given up while it was laid out. */
  readonly signal?: AbortSignal;
}

/** What an attempt is given and nobody keeps. */
export type Secrets = Pick<execution.AttemptSpec, 'env' | 'registry'>;

/** What may have changed. */
export type Change = 'output' | 'state';

export type Signal = 'SIGTERM' | 'SIGKILL';

/** The attempt itself is at fault: no machine can run it. */
export class Unrunnable extends Error {
  override readonly name = 'Unrunnable';
}

export interface Inspection {
  readonly presence: Presence;
  /** When the program began, noted by the launcher. */
  readonly begun: Stamp | undefined;
  /** When and how it ended; undefined when it lives, or when its launcher was killed and noted nothing. */
  readonly exit: (Stamp & { readonly code: number }) | undefined;
  /** Processes that the kernel killed for memory. */
  readonly oomKills: number;
}

/**
 * A way to run programs that outlive the agent. Everything is named by the key of an attempt and can be asked by an agent that
 * has just started and knows only its journal.
 */
export interface Runtime {
  readonly name: execution.RuntimeName;
  /** False where nothing but the agent's own watch keeps a program from taking too much memory. */
  readonly boundsMemory: boolean;
  /** Where the shipping of its output may keep its place; gone with the attempt. */
  readonly keepsake: (key: string, name: 'cursor' | 'plan') => string;
  /** Lays out all that a start needs; repeating it before the start changes nothing. */
  readonly prepare: (key: string, spec: AttemptSpec, place: Place) => Promise<void>;
  /** Launches, with this environment, of which nothing is left behind; at most one launch of a key succeeds, ever. */
  readonly start: (key: string, env: Env) => Promise<void>;
  /** SIGTERM to the program itself, SIGKILL to all but what notes the end. Answers how many were reached. */
  readonly signal: (key: string, signal: Signal) => Promise<number>;
  /** Calls back whenever something may have changed; `state` now and then even where nothing has. */
  readonly watch: (key: string, onChange: (what: Change) => void) => () => void;
  readonly output: (key: string) => OutputSource;
  /** Undefined where it cannot be told, as of a program that is over and was never looked at. */
  readonly stats: (key: string) => Promise<Usage | undefined>;
  readonly inspect: (key: string) => Inspection;
  /** Why no program ever began. */
  readonly refusal: (key: string) => { readonly message: string; readonly isRetryable: boolean };
  /** Kills everything, whoever notes the end included, and resolves when nothing is left. */
  readonly kill: (key: string) => Promise<void>;
  /** Gives back what the machine made for it alone, such as a slice of a GPU; nothing of it runs any more. */
  readonly vacate: (key: string) => Promise<void>;
  /** Kills what is left and deletes every trace. */
  readonly remove: (key: string) => Promise<void>;
  /** Every attempt that has a trace on this machine, whoever started it. */
  readonly list: () => string[];
}
