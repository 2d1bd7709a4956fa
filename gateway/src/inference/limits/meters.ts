/** Whose allowance a meter is. A model's is that of one organization. */
export type Scope = 'key' | 'user' | 'org' | 'model';

/** So many units a second in the long run; the request takes `units` of them, whatever is left, if one is left. */
export interface RateMeter {
  readonly kind: 'rate';
  readonly of: Scope;
  readonly unit: 'requests' | 'tokens';
  readonly key: string;
  /** Whole microseconds between two units: see `intervalOf`. */
  readonly interval: number;
  readonly burst: number;
  readonly units: number;
}

/** So many requests at once. */
export interface PlacesMeter {
  readonly kind: 'places';
  readonly of: Scope;
  readonly key: string;
  readonly limit: number;
}

/** So much money in a period; the period is part of the key. */
export interface SpendMeter {
  readonly kind: 'spend';
  readonly of: Scope;
  readonly period: 'day' | 'month';
  readonly key: string;
  readonly limit: bigint;
  /** Until nobody asks for the period any more. */
  readonly keepSeconds: number;
}

export type Meter = RateMeter | PlacesMeter | SpendMeter;

/**
 * What the ledger said of an organization at one moment: its balance, and how much inference it had charged by then in all. Their sum does not move
 * when inference is charged, so it may be old without anything being counted twice or not at all.
 */
export interface LedgerSnapshot {
  readonly balance: bigint;
  readonly booked: bigint;
}

export interface Reservation {
  readonly requestId: string;
  readonly orgId: string;
  /** The most that it can come to cost. */
  readonly cost: bigint;
  readonly meters: readonly Meter[];
  /** Undefined where an organization pays nothing. */
  readonly credit: LedgerSnapshot | undefined;
}

/** How one meter, or the credit, stands after the request was let in or refused. */
export interface Stand {
  readonly isRefused: boolean;
  /** Units, places or nano-units; negative by what the last request took beyond the end. */
  readonly left: bigint;
  /** Microseconds until one unit is there again; 0 for what does not come back by itself. */
  readonly waitMicros: number;
}

export interface Answer {
  readonly isAllowed: boolean;
  readonly credit: Stand | undefined;
  /** In the order of the meters. */
  readonly meters: readonly Stand[];
}

/** What a request came to. */
export interface Use {
  readonly cost: bigint;
  readonly tokens: number;
}

/** What a meter is told at the end: tokens that were set aside and not used come back, requests do not. */
export const usedUnits = ({ unit, units }: RateMeter, { tokens }: Use): number => (unit === 'tokens' ? tokens : units);
