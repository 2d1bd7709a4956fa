import { types } from 'node:util';
import { type BackOff, pauseOf } from '@orrery/kernel';
import pg from 'pg';
import { MalformedEvent } from './cloud-event.ts';
import { Overloaded } from './errors.ts';

/** An event that no process survives. */
export class ProcessKiller extends Error {
  override readonly name = 'ProcessKiller';
}

/** What PostgreSQL says of connections, resources, shutdowns, and transactions in each other's way: it passes by itself. */
const passingSqlState = /^(08|53|57P|40)/;
const awaySqlState = /^(08|53|57P)/;
const passingCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
/** Faults of others, known by name because whoever throws them is above this package. */
const passingNames = new Set(['ServiceUnavailable', 'DeadlineExceeded', 'NatsError']);
/** What the driver says where it has no code: of a pool that waited in vain, of a connection that fell. */
const passingMessages =
  /^(timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error)/;

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

/** Also of another realm, such as Node's own beside a test's. */
const isError = (error: unknown): error is Error => error instanceof Error || types.isNativeError(error);

/** The database cannot be had now; no event can be handled until it is back. */
export const isDatabaseAway = (error: unknown): boolean => {
  if (!isError(error)) return false;
  if (error instanceof pg.DatabaseError) return awaySqlState.test(codeOf(error));
  return passingCodes.has(codeOf(error)) || passingMessages.test(error.message);
};

/** Nothing is wrong with the event: something it needs is away, and trying again is all there is to do. */
export const passes = (error: unknown): boolean => {
  if (!isError(error)) return false;
  if (error instanceof pg.DatabaseError) return passingSqlState.test(codeOf(error));
  if (error instanceof Overloaded || passingNames.has(error.name) || isDatabaseAway(error)) return true;
  return error.cause !== undefined && passes(error.cause);
};

export interface Patience {
  /** How often an event is tried before it is given up. */
  readonly attempts: number;
  readonly backOff: BackOff;
  /** How long something else may be away before its absence counts as the event's fault. */
  readonly awayMs: number;
}

export const defaultPatience: Patience = {
  // A quarter of a minute in all: whatever blinks is back by then, and its lane alone has waited.
  attempts: 8,
  backOff: { firstMs: 100, longestMs: 10_000 },
  awayMs: 24 * 3_600_000,
};

/** How an event has fared so far. */
export interface Fate {
  /** Tries that failed by the event's own fault. */
  failures: number;
  /** Tries that failed because something was away, since when. */
  absences: number;
  awaySince: number;
}

export type Verdict = { readonly give: 'up'; readonly reason: string } | { readonly give: 'time'; readonly pauseMs: number };

/** Longest pause while something is away: it must not take long to notice that it is back. */
const awayBackOff: BackOff = { firstMs: 50, longestMs: 2_000 };

/** What to do after a failure; counts it. */
export const judge = (error: unknown, fate: Fate, patience: Patience, now: number): Verdict => {
  if (error instanceof MalformedEvent) return { give: 'up', reason: 'the event cannot be read' };
  if (error instanceof ProcessKiller) return { give: 'up', reason: 'no process survived it' };
  if (passes(error)) {
    if (fate.absences === 0) fate.awaySince = now;
    fate.absences += 1;
    if (now - fate.awaySince < patience.awayMs) return { give: 'time', pauseMs: pauseOf(fate.absences, awayBackOff) };
  } else {
    fate.absences = 0;
  }
  fate.failures += 1;
  if (fate.failures >= patience.attempts) return { give: 'up', reason: `it failed ${fate.failures} times` };
  return { give: 'time', pauseMs: pauseOf(fate.failures, patience.backOff) };
};
