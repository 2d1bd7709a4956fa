/** Whose allowance a meter is. A model's is that of one organization. */
export type Scope = 'key' | 'user' | 'org' | 'model';

/** Who set a limit, and so who can mend it; what a key may is said of the key. */
export type SetBy = 'key' | 'organization' | 'operator';

/** What went in and what came out, together or apart. */
export type TokenUnit = 'tokens' | 'tokens.input' | 'tokens.output';

/** So many units a second in the long run; the request takes `units` of them, whatever is left, if one is left. */
export interface RateMeter {
  readonly kind: 'rate';
  readonly of: Scope;
  readonly by?: SetBy;
  readonly unit: 'requests' | TokenUnit;
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
  readonly by?: SetBy;
  readonly key: string;
  readonly limit: number;
}

/** So much money, or so many tokens, in a period; the period is part of the key. */
export interface SpendMeter {
  readonly kind: 'spend';
  readonly of: Scope;
  readonly by?: SetBy;
  readonly unit: 'nanos' | TokenUnit;
  readonly period: 'day' | 'month';
  readonly key: string;
  readonly limit: bigint;
  /** What the request takes of it until it is settled. */
  readonly units: bigint;
  /** When the next period begins, in milliseconds since the epoch. */
  readonly endsAt: number;
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

/** What a script must know of the meters of a request beside how much it takes of them: the same for all that are bounded alike. */
export interface Terms {
  /** Of the meters, in Redis, within the organization. */
  readonly names: readonly string[];
  readonly keys: readonly string[];
  /** Of each meter its kind and two numbers. */
  readonly text: string;
}

export interface Reservation {
  readonly requestId: string;
  readonly orgId: string;
  /** The most that it can come to cost. */
  readonly cost: bigint;
  readonly meters: readonly Meter[];
  /** Undefined where an organization pays nothing. */
  readonly credit: LedgerSnapshot | undefined;
  /** Of these meters, where they were worked out before. */
  readonly terms?: Terms;
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
  /** In tokens. */
  readonly input: number;
  readonly output: number;
}

const tokensOf = (unit: TokenUnit, { input, output }: Use): number => {
  if (unit === 'tokens') return input + output;
  return unit === 'tokens.input' ? input : output;
};

/** What a meter is told at the end: tokens that were set aside and not used come back, requests do not. */
export const usedUnits = ({ unit, units }: RateMeter, use: Use): number => (unit === 'requests' ? units : tokensOf(unit, use));

export const spentUnits = ({ unit }: SpendMeter, use: Use): bigint => (unit === 'nanos' ? use.cost : BigInt(tokensOf(unit, use)));
