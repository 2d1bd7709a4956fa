import type { identity } from '@orrery/contracts';
import { Snapshot } from './snapshot.ts';

export interface KnownKey {
  readonly key: identity.KeySnapshot;
  readonly secret: identity.KeySecret;
}

/** The keys that work, by the hashes of their secrets: however a key is written, and however many secrets it has just now. */
export class Keys {
  readonly #ids = new Map<string, string>();
  readonly #hashes = new Map<string, readonly string[]>();
  readonly snapshot = new Snapshot<identity.KeySnapshot>((id, now) => this.#index(id, now));

  get isLoaded(): boolean {
    return this.snapshot.isLoaded;
  }

  find(hash: string): KnownKey | undefined {
    const id = this.#ids.get(hash);
    const key = id === undefined ? undefined : this.snapshot.get(id);
    const secret = key?.secrets.find((each) => each.hash === hash);
    return key && secret && { key, secret };
  }

  /** The same; a secret that is not known here may have been made a moment ago, elsewhere. */
  async when(hash: string, ms: number): Promise<KnownKey | undefined> {
    const known = this.find(hash);
    if (known) return known;
    await this.snapshot.caughtUp(ms);
    return this.find(hash);
  }

  #index(id: string, now: identity.KeySnapshot | undefined): void {
    for (const hash of this.#hashes.get(id) ?? []) this.#ids.delete(hash);
    const hashes = now?.secrets.map(({ hash }) => hash) ?? [];
    if (hashes.length > 0) this.#hashes.set(id, hashes);
    else this.#hashes.delete(id);
    for (const hash of hashes) this.#ids.set(hash, id);
  }
}
