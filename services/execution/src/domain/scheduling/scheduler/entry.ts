import type { Amounts } from '../admission/quota-node.ts';
import type { Need } from '../placement/need.ts';
import type { Place } from '../placement/place.ts';
import type { Request, Seat } from '../request.ts';
import type { Reserved } from './facts.ts';
import type { Line } from './line.ts';
import type { Level } from './options.ts';
import type { Shape } from './shape.ts';

/** What one member of a request holds. */
export interface Hold {
  readonly entry: Entry;
  readonly member: number;
  readonly seat: Seat;
  readonly need: Need;
  readonly at: number;
  /** Of its queue's quota. */
  readonly amounts: Amounts;
  /** Null while its machine is not there. */
  place: Place | null;
}

/** The machines that a request has. */
export interface Running {
  readonly choice: number;
  readonly seats: readonly Seat[];
  readonly at: number;
  /** More than its queue was guaranteed when it was placed, or when its quotas were last changed. */
  isBorrowed: boolean;
  /** By member; null where the seat is free again. */
  readonly holds: (Hold | null)[];
  /** Since when it makes room for others. */
  preemptingAt: number | null;
}

/** Machines that a request keeps for itself from a moment on. */
export interface Reservation extends Reserved {
  readonly entry: Entry;
  /** Those that were made earlier have smaller ones. */
  readonly number: number;
  readonly need: Need;
  /** Those of a higher level may displace it. */
  readonly level: Level;
}

/** A request and how it fares. It waits, or it has machines. */
export interface Entry {
  readonly request: Request;
  readonly shape: Shape;
  /** When it was submitted, and earlier for a higher rank: the smaller, the earlier its turn. */
  readonly vt: number;
  notBefore: number;
  /** Machines that failed it. */
  avoid: readonly string[];
  preemptions: number;
  /** Where it stands; null while it may not be placed yet, or has machines. */
  line: Line | null;
  running: Running | null;
  reservation: Reservation | null;
}

export const isEarlier = (one: Entry, other: Entry): boolean =>
  one.vt === other.vt ? one.request.id < other.request.id : one.vt < other.vt;

/** When all of it has ended at the latest, if it starts then. */
export const endOf = (startsAt: number, limitMs: number, graceMs: number): number => startsAt + limitMs + graceMs;
