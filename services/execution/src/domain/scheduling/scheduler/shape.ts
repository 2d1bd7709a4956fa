import type { Need } from '../placement/need.ts';
import type { Ask, Request } from '../request.ts';

/** What is looked for: a need, perhaps of fewer models than were asked for, so many times. */
export interface Fit {
  /** Its own among those in use. */
  readonly key: string;
  /** Where one of these has room, all that have the same have: limits and ranks do not matter. */
  readonly room: string;
  readonly need: Need;
  readonly nodes: number;
}

/** Requests of one shape fit in the same places at the same times, and may take the place of the same others. */
export interface Shape {
  /** Its own among those in use. */
  readonly id: number;
  readonly key: string;
  readonly ask: Ask;
  /** Of what is asked for, whatever the rank and the limit: its own among those in use. */
  readonly asked: number;
  readonly rank: number;
  readonly isPreemptible: boolean;
  /** At least the limit of each: what it would delay, a shorter one would not delay more. */
  readonly limitMs: number;
  readonly fits: Map<string, Fit>;
  /** How many requests have it. */
  users: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Limits that people choose are whole ones; others are rounded up, so that there are few shapes. */
export const roundedLimit = (limitMs: number): number => {
  if (!Number.isFinite(limitMs)) return limitMs;
  const step = [
    [minute, second],
    [hour, minute],
    [12 * hour, 10 * minute],
    [7 * day, hour],
  ].find(([most = 0]) => limitMs <= most)?.[1];
  return Math.ceil(limitMs / (step ?? day)) * (step ?? day);
};

/** What is asked for, once for all who ask for it. */
interface Asked {
  readonly ask: Ask;
  readonly number: number;
  /** How many shapes have it. */
  users: number;
}

/** Shapes in use, each once: a million requests may have a hundred shapes. */
export class Shapes {
  private readonly known = new Map<string, Shape>();
  private made = 0;
  private readonly asks = new Map<string, Asked>();

  take({ ask, rank, isPreemptible, limitMs }: Request): Shape {
    const one = this.askedOf(ask);
    const limit = roundedLimit(limitMs);
    const key = `${rank}/${isPreemptible ? 1 : 0}/${limit}/${one.number}`;
    let shape = this.known.get(key);
    if (!shape) {
      this.made += 1;
      one.users += 1;
      shape = { id: this.made, key, ask: one.ask, asked: one.number, rank, isPreemptible, limitMs: limit, fits: new Map(), users: 0 };
      this.known.set(key, shape);
    }
    shape.users += 1;
    return shape;
  }

  drop(shape: Shape): void {
    shape.users -= 1;
    if (shape.users > 0) return;
    this.known.delete(shape.key);
    const asked = JSON.stringify(shape.ask);
    const one = this.asks.get(asked);
    if (!one) return;
    one.users -= 1;
    if (one.users === 0) this.asks.delete(asked);
  }

  private askedOf(ask: Ask): Asked {
    const key = JSON.stringify(ask);
    let asked = this.asks.get(key);
    if (!asked) {
      this.made += 1;
      asked = { ask, number: this.made, users: 0 };
      this.asks.set(key, asked);
    }
    return asked;
  }
}
