import type { identity } from '@orrery/contracts';
import { Snapshot } from './snapshot.ts';

/** One secret of a key: the same object until anything about the key changes. */
export interface KnownKey {
  readonly kind: 'key';
  readonly key: identity.KeySnapshot;
  readonly secret: identity.KeySecret;
}

/** The keys that work, by the hashes of their secrets: however a key is written, and however many secrets it has just now. */
export class Keys {
  readonly #known = new Map<string, KnownKey>();
  readonly #hashes = new Map<string, readonly string[]>();
  readonly snapshot = new Snapshot<identity.KeySnapshot>((id, now) => this.#index(id, now));

  get isLoaded(): boolean {
    return this.snapshot.isLoaded;
  }

  find(hash: string): KnownKey | undefined {
    return this.#known.get(hash);
  }

  /** The same; a secret that is not known here may have been made a moment ago, elsewhere. */
  async when(hash: string, ms: number): Promise<KnownKey | undefined> {
    const known = this.find(hash);
    if (known) return known;
    await this.snapshot.caughtUp(ms);
    return this.find(hash);
  }

  #index(id: string, key: identity.KeySnapshot | undefined): void {
    for (const hash of this.#hashes.get(id) ?? []) this.#known.delete(hash);
    this.#hashes.delete(id);
    if (key === undefined || key.secrets.length === 0) return;
    this.#hashes.set(
      id,
      key.secrets.map(({ hash }) => hash),
    );
    for (const secret of key.secrets) this.#known.set(secret.hash, { kind: 'key', key, secret });
  }
}
