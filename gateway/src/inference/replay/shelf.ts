import type { Log } from '@orrery/telemetry';
import { SharedRedis } from '../../limit/shared-redis.ts';
import { type Packed, spent } from './kept.ts';
import { claimLua, findLua, freeLua, holdLua, keepLua } from './scripts.lua.ts';

export interface ShelfOptions {
  readonly url: string;
  readonly log: Log;
  readonly patienceMs: number;
  /** How many bytes, compressed, an organization may have of each kind. */
  readonly mostBytes: number;
}

/** `once`: answers to requests with a key, which are never made again; `cache`: answers that are given to whoever asks the same. */
export type Kind = 'once' | 'cache';

export interface Place {
  readonly kind: Kind;
  readonly orgId: string;
  /** Of what was asked: nobody can read from it what that was. */
  readonly name: string;
}

export type Claim = { readonly kind: 'mine' | 'other' | 'busy' } | { readonly kind: 'kept'; readonly head: Buffer; readonly body: Buffer };

export interface Keeping {
  readonly print: string;
  /** Whoever claimed it; empty: whoever comes last. */
  readonly holder: string;
  readonly packed: Packed;
  readonly keepMs: number;
}

const scripts = { claim: claimLua, hold: holdLua, free: freeLua, find: findLua, keep: keepLua };

/** In braces stands what decides the slot of a Redis Cluster: all of an organization's keys lie together. */
const prefixOf = ({ kind, orgId }: Place): string => `orrery:inference:{${orgId}}:${kind}:`;
const keyOf = (place: Place): string => `${prefixOf(place)}${place.name}`;
const isKind = (text: string): text is 'mine' | 'other' | 'busy' => text === 'mine' || text === 'other' || text === 'busy';

/** Where answers lie that may be given again. Of each call, undefined: Redis did not answer, and nobody knows. */
export class Shelf {
  readonly #redis: SharedRedis;
  readonly #mostBytes: number;

  constructor({ url, log, patienceMs, mostBytes }: ShelfOptions) {
    this.#mostBytes = mostBytes;
    this.#redis = new SharedRedis({
      url,
      log,
      patienceMs,
      scripts,
      meanwhile: 'requests with an Idempotency-Key are refused, and nothing is answered from the cache',
    });
  }

  /** Whoever claims it first may make the request; for so long nobody else may. */
  async claim(place: Place, { print, holder, leaseMs }: { print: string; holder: string; leaseMs: number }): Promise<Claim | undefined> {
    const told = await this.#redis.run('claimBuffer', [keyOf(place)], [print, holder, leaseMs]);
    if (told === undefined) return undefined;
    // A word, then, where it was kept, head and body.
    const [word, head = Buffer.alloc(0), body = Buffer.alloc(0)] = told as readonly [Buffer, Buffer?, Buffer?];
    const kind = word.toString();
    return isKind(kind) ? { kind } : { kind: 'kept', head, body };
  }

  async hold(place: Place, holder: string, leaseMs: number): Promise<void> {
    await this.#redis.run('hold', [keyOf(place)], [holder, leaseMs]);
  }

  /** Nothing came of it: the next one may. */
  async free(place: Place, holder: string): Promise<void> {
    await this.#redis.run('free', [keyOf(place)], [holder]);
  }

  async find(place: Place): Promise<{ readonly head: Buffer; readonly body: Buffer } | undefined> {
    const told = await this.#redis.run('findBuffer', [keyOf(place)], []);
    if (told === undefined) return undefined;
    // Nothing, twice, where it is not there.
    const [head, body] = told as readonly [Buffer | null, Buffer | null];
    return head && body ? { head, body } : undefined;
  }

  /** False where Redis did not answer. Where the organization keeps too much, what ends first makes room. */
  async keep(place: Place, { print, holder, packed, keepMs }: Keeping): Promise<boolean> {
    const prefix = prefixOf(place);
    const remains = place.kind === 'once' ? spent.head : '';
    const keys = [keyOf(place), `${prefix}ends`, `${prefix}lengths`];
    const given = [print, holder, packed.head, packed.body, keepMs, this.#mostBytes, place.name, prefix, remains];
    return (await this.#redis.run('keep', keys, given)) !== undefined;
  }

  close(): void {
    this.#redis.close();
  }
}
