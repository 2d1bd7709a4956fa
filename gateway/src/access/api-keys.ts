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

  async identify(text: string, ip: string): Promise<KnownKey> {
    const { keys, macKey, catchUpMs } = this.#options;
    if (!isGenuineApiKey(macKey, text)) throw no('The API key is not valid.');
    const hash = hashApiKey(text);
    // Only a key that this platform made is worth waiting for: it may be younger than the snapshot.
    const known = await keys.when(hash, catchUpMs);
    if (!known) {
      if (!keys.isLoaded) throw new ServiceUnavailable('identity', 'no-responders');
      throw no('The API key is not valid: it was revoked, switched off or replaced.');
    }
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
