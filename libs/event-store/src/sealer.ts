import type { EventContract } from '@orrery/contracts';
import { type Keyring, open, seal } from './aes.ts';
import { erased } from './cloud-event.ts';
import type { PersonKey, PersonKeys } from './person-keys.ts';
import { InvalidEvent } from './registry.ts';

type Personal = NonNullable<EventContract['personal']>;
type Fields = Readonly<Record<string, unknown>>;

/** Where the sealed fields of an event lie in its stored data: no contract's field starts with a dollar sign. */
const sealedField = '$sealed';
interface Box {
  readonly key: string;
  readonly fields: readonly string[];
  readonly box: string;
}

/** Sealed with the key of that name. */
export interface SealedBytes {
  readonly key: string;
  readonly box: Buffer;
}

const isFields = (data: unknown): data is Fields => typeof data === 'object' && data !== null;
const isBox = (value: unknown): value is Box =>
  isFields(value) && Array.isArray(value.fields) && typeof value.box === 'string' && typeof value.key === 'string';

/** Keeps what tells of a person readable only as long as the person's key exists. */
export class Sealer {
  private readonly keys: PersonKeys | undefined;
  private readonly keyring: Keyring | undefined;

  /** Without keys nothing personal can be written, and what is sealed cannot be read. */
  constructor(keys: PersonKeys | undefined, keyring: Keyring | undefined) {
    this.keys = keys;
    this.keyring = keyring;
  }

  /** The data as it is stored, and the person it tells of. */
  async seal({ of, fields }: Personal, data: object, eventId: string): Promise<{ readonly data: object; readonly person: string }> {
    const person: unknown = Reflect.get(data, of);
    if (typeof person !== 'string') throw new InvalidEvent(`the personal fields ${fields} belong to ${of}, which is no text`);
    const clear: Record<string, unknown> = {};
    const secret: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(data)) (fields.includes(field) ? secret : clear)[field] = value;
    const { name, key } = await this.personKeys().ensure(person);
    const box = seal(key, Buffer.from(JSON.stringify(secret)), eventId).toString('base64url');
    return { data: { ...clear, [sealedField]: { fields: Object.keys(secret), key: name, box } satisfies Box }, person };
  }

  /** The keys needed to read events of these persons. */
  keysOf(persons: Iterable<string>): Promise<ReadonlyMap<string, PersonKey>> {
    return this.personKeys().find(persons);
  }

  /** The data as it was written, or with `[erased]` where it was personal and the key is gone. */
  unseal(data: object, key: PersonKey | undefined, eventId: string): object {
    const { [sealedField]: box, ...clear } = { ...data } as Fields;
    if (!isBox(box)) return data;
    if (key?.name !== box.key) return { ...clear, ...Object.fromEntries(box.fields.map((field) => [field, erased])) };
    // It was an object when it was sealed, and the seal says that nobody touched it.
    const secret = JSON.parse(open(key.key, Buffer.from(box.box, 'base64url'), eventId).toString()) as Fields;
    return { ...clear, ...secret };
  }

  /** Bytes beside the log that can be read for as long as the person's key exists. */
  async sealBytes(person: string, plain: Uint8Array, binding: string): Promise<SealedBytes> {
    const { name, key } = await this.personKeys().ensure(person);
    return { key: name, box: seal(key, plain, binding) };
  }

  /** Undefined where the key that it was sealed with is gone. */
  openBytes({ key: name, box }: SealedBytes, key: PersonKey | undefined, binding: string): Buffer | undefined {
    return key?.name === name ? open(key.key, box, binding) : undefined;
  }

  /** What was sealed for this person stays closed for ever. */
  eraseKey(person: string): Promise<void> {
    return this.personKeys().erase(person);
  }

  /** Seals every person's key under today's key-encryption key; says how many were not. */
  rotateKeys(): Promise<number> {
    return this.personKeys().rotate();
  }

  /** The name of the key-encryption key that seals. */
  get currentKey(): string {
    return this.ring().current.name;
  }

  sealText(text: string, binding: string): string {
    return this.ring().sealText(text, binding);
  }

  openText(sealed: string, binding: string): string {
    return this.ring().openText(sealed, binding);
  }

  private personKeys(): PersonKeys {
    if (!this.keys) throw new TypeError('personal data needs a key-encryption key: open the store with `keks`');
    return this.keys;
  }

  private ring(): Keyring {
    if (!this.keyring) throw new TypeError('a sealed answer needs a key-encryption key: open the store with `keks`');
    return this.keyring;
  }
}
