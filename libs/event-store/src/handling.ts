import type { Event, Rejection } from '@orrery/kernel';
import type { ClaimTaken } from './errors.ts';
import type { CommandContext } from './once.ts';
import type { Snapshots } from './snapshot.ts';
import type { Write } from './table.ts';
import type { Claim } from './unit.ts';

export interface HandlerOptions {
  /** The decider's name, in kebab-case: command ids count per decider. */
  readonly name: string;
  /** For deciders whose streams grow long and whose state is plain JSON. */
  readonly snapshots?: Snapshots;
}

export interface HandleOptions<E extends Event, S, R extends Rejection, A> {
  /** What the caller is told; kept with the command, so that a repeated call hears the same. Any JSON value. */
  readonly answer?: (events: readonly E[], state: S) => A;
  /** The answer holds a secret: it is kept encrypted. */
  readonly sealed?: boolean;
  /** What the caller asked for: the same `Idempotency-Key` with another input is refused. */
  readonly input?: unknown;
  readonly claims?: (events: readonly E[], states: { readonly before: S; readonly after: S }) => readonly Claim[];
  /** The refusal that a taken claim is. Absent: `ClaimTaken` is thrown. */
  readonly taken?: (claim: ClaimTaken) => R;
  /** Rows of declared tables that belong to the same transaction. */
  readonly writes?: (events: readonly E[], state: S) => readonly Write[];
  /** The command comes from an event: once per consumer and event. */
  readonly inbox?: { readonly consumer: string; readonly eventId: string };
  /** The stream's id was drawn just now, so there is nothing to load. */
  readonly fresh?: boolean;
}

export type IdempotencyKeyReused = Rejection<'IdempotencyKeyReused', { readonly commandId: string }>;

/** A decision, and what the caller is told. `repeated`: it had its effect before, and this is the answer of then. */
export type Handled<E extends Event, R extends Rejection, A = undefined> =
  | { readonly accepted: true; readonly events: readonly E[]; readonly answer: A; readonly repeated: boolean }
  | { readonly accepted: false; readonly rejection: R | IdempotencyKeyReused };

export type Handle<C, E extends Event, S, R extends Rejection> = <A = undefined>(
  stream: string,
  command: C,
  context: CommandContext,
  options?: HandleOptions<E, S, R, A>,
) => Promise<Handled<E, R, A>>;
