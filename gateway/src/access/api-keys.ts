import { isDeepStrictEqual } from 'node:util';
import { epochOf, type Instant } from '@orrery/contracts';
import { hashApiKey, isGenuineApiKey } from '@orrery/credentials';
import type { Clock } from '@orrery/kernel';
import { ServiceUnavailable } from '@orrery/messaging';
import { edgeFailure, Failed, unauthenticated } from '../failure.ts';
import { isWithin } from './address-ranges.ts';
import type { Keys, KnownKey } from './keys.ts';

export interface ApiKeysOptions {
  readonly keys: Keys;
  readonly macKey: Buffer;
  readonly clock: Clock;
  /** How long a key that was just made may take to arrive here. */
  readonly catchUpMs: number;
}

const no = (reason: string): Failed => new Failed(unauthenticated(reason));

/** Lets API keys in, from what lies in memory: nobody is asked. */
export class ApiKeys {
  readonly #options: ApiKeysOptions;

  constructor(options: ApiKeysOptions) {
    this.#options = options;
  }

  /** At once where the key is known. */
  identify(text: string, ip: string): KnownKey | Promise<KnownKey> {
    const { keys, macKey } = this.#options;
    const hash = hashApiKey(text);
    const known = keys.find(hash);
    // Whose hash is known here was made by this platform: that needs no other proof.
    if (known !== undefined) return this.#admitted(known, ip);
    // Only a key that this platform made is worth waiting for: it may be younger than the snapshot.
    if (!isGenuineApiKey(macKey, text)) throw no('The API key is not valid.');
    return this.#awaited(hash, ip);
  }

  async #awaited(hash: string, ip: string): Promise<KnownKey> {
    const { keys, catchUpMs } = this.#options;
    const known = await keys.when(hash, catchUpMs);
    if (known) return this.#admitted(known, ip);
    if (!keys.isLoaded) throw new ServiceUnavailable('identity', 'no-responders');
    throw no('The API key is not valid: it was revoked, switched off or replaced.');
  }

  #admitted(known: KnownKey, ip: string): KnownKey {
    if (this.#isOver(known)) throw no('The API key has expired.');
    if (!isAllowedFrom(known, ip)) throw new Failed(edgeFailure('AddressNotAllowed'));
    return known;
  }

  /** Whether who was let in would still be: keys are revoked, replaced and narrowed while streams are open. */
  isLive({ key, secret }: KnownKey, ip: string): boolean {
    const known = this.#options.keys.find(secret.hash);
    if (known === undefined || this.#isOver(known) || !isAllowedFrom(known, ip)) return false;
    return known.key === key || isDeepStrictEqual(known.key.scopes, key.scopes);
  }

  #isOver({ key, secret }: KnownKey): boolean {
    return this.#isPast(key.expiresAt) || this.#isPast(secret.until);
  }

  #isPast(instant: Instant | null): boolean {
    return instant !== null && epochOf(instant) <= this.#options.clock.now();
  }
}

const isAllowedFrom = ({ key: { addresses } }: KnownKey, ip: string): boolean => addresses === null || isWithin(addresses, ip);
