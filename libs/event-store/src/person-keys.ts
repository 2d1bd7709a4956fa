import type pg from 'pg';
import { freshKey, type Keyring, keyName, open, seal } from './aes.ts';

/** A key by its name: a person who was erased and came back has another key, and what the old one sealed stays closed. */
export interface PersonKey {
  readonly name: string;
  readonly key: Buffer;
}

interface Cached extends PersonKey {
  readonly until: number;
}

interface KeyRow {
  readonly person: string;
  readonly sealed_key: Buffer;
  readonly kek: string;
}

const maxCached = 10_000;
/** How long a process may still know a key that another process has erased. A missing key is never remembered: it may be made. */
export const keyCacheMs = 1_000;
const rotationBatch = 500;

const bindingOf = (person: string): string => `person ${person}`;

/** One data key per person, sealed under the key-encryption key. */
export class PersonKeys {
  private readonly pool: pg.Pool;
  private readonly keyring: Keyring;
  private readonly cache = new Map<string, Cached>();

  constructor(pool: pg.Pool, keyring: Keyring) {
    this.pool = pool;
    this.keyring = keyring;
  }

  /** The key to seal with; a person's first use makes it. An erased person may come back: with a new key. */
  async ensure(person: string): Promise<PersonKey> {
    const known = (await this.find([person])).get(person);
    if (known) return known;
    const { name, key } = this.keyring.current;
    await this.pool.query({
      name: 'make-person-key',
      text: 'INSERT INTO person_keys (person, sealed_key, kek) VALUES ($1, $2, $3) ON CONFLICT (person) DO NOTHING',
      values: [person, seal(key, freshKey(), bindingOf(person)), name],
    });
    const made = (await this.find([person])).get(person);
    if (!made) throw new Error('the key of a person was erased while it was made');
    return made;
  }

  /** The keys of those who still have one. */
  async find(persons: Iterable<string>): Promise<ReadonlyMap<string, PersonKey>> {
    const keys = new Map<string, PersonKey>();
    const missing: string[] = [];
    const now = performance.now();
    for (const person of new Set(persons)) {
      const cached = this.cache.get(person);
      if (!cached || cached.until < now) missing.push(person);
      else keys.set(person, cached);
    }
    if (missing.length === 0) return keys;
    const { rows } = await this.pool.query<KeyRow>({
      name: 'find-person-keys',
      text: 'SELECT person, sealed_key, kek FROM person_keys WHERE person = ANY($1)',
      values: [missing],
    });
    for (const row of rows) {
      const key = open(this.keyring.named(row.kek), row.sealed_key, bindingOf(row.person));
      keys.set(row.person, this.remember(row.person, { name: keyName(key), key }));
    }
    return keys;
  }

  /** What was sealed with the key stays closed for ever. */
  async erase(person: string): Promise<void> {
    await this.pool.query('DELETE FROM person_keys WHERE person = $1', [person]);
    this.cache.delete(person);
  }

  /** Seals every key anew under the current key-encryption key; says how many. What they opened before, they open after. */
  async rotate(): Promise<number> {
    const { name, key } = this.keyring.current;
    for (let rotated = 0; ; ) {
      const { rows } = await this.pool.query<KeyRow>('SELECT person, sealed_key, kek FROM person_keys WHERE kek <> $1 LIMIT $2', [
        name,
        rotationBatch,
      ]);
      if (rows.length === 0) return rotated;
      const boxes = rows.map((row) => {
        const plain = open(this.keyring.named(row.kek), row.sealed_key, bindingOf(row.person));
        return seal(key, plain, bindingOf(row.person));
      });
      await this.pool.query(
        // Whoever was erased meanwhile, and came back, has another key.
        `UPDATE person_keys k SET sealed_key = r.box, kek = $4
          FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS r(person, former, box) WHERE k.person = r.person AND k.sealed_key = r.former`,
        [rows.map(({ person }) => person), rows.map((row) => row.sealed_key), boxes, name],
      );
      rotated += rows.length;
    }
  }

  private remember(person: string, key: PersonKey): PersonKey {
    this.cache.delete(person);
    const [oldest] = this.cache.keys();
    if (this.cache.size >= maxCached && oldest !== undefined) this.cache.delete(oldest);
    this.cache.set(person, { ...key, until: performance.now() + keyCacheMs });
    return key;
  }
}
