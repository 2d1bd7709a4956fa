import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type KeyForm, type KeyFormName, keyForms } from './key-forms.ts';

export interface MintedApiKey {
  /** The key itself: shown once, stored nowhere. */
  readonly key: string;
  /** What people recognise it by. It tells nothing of the secret, and stays when the secret is replaced. */
  readonly prefix: string;
  /** What is stored of it. */
  readonly hash: string;
}

interface Shape {
  readonly form: KeyForm;
  /** The whole, with two groups: what the code is about, and the code. */
  readonly pattern: RegExp;
}

const codeCharacters = ({ bytes, characters }: KeyForm): number => (characters.rest * bytes.code) / (bytes.chance + bytes.code);

const shapeOf = (form: KeyForm): Shape => {
  const { name, alphabet, characters } = form;
  const code = codeCharacters(form);
  const body = `${name}_${alphabet}{${characters.id}}_${alphabet}{${characters.rest - code}}`;
  return { form, pattern: new RegExp(`^(${body})(${alphabet}{${code}})$`) };
};

const shapes: ReadonlyMap<string, Shape> = new Map(Object.entries(keyForms).map(([name, form]) => [name, shapeOf(form)]));

const shapeOfText = (text: string): Shape | undefined => shapes.get(text.slice(0, text.indexOf('_')));

const codeOf = (form: KeyForm, macKey: Buffer, body: string): string =>
  form.write(createHmac('sha256', macKey).update(body).digest().subarray(0, form.bytes.code));

const bytesOfUuid = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

/** SHA-256 of the whole key, hex. A key holds at least 96 random bits, so a slow hash would add nothing but time. */
export const hashApiKey = (key: string): string => hash('sha256', key);

/** Whether a text says that it is an API key, in whatever form; nothing yet about whether it is a good one. */
export const isApiKey = (text: string): boolean => shapeOfText(text) !== undefined;

/**
 * A key that proves itself: an id (its end, where there is no room for the whole: a UUIDv7 ends in chance), random bits, and a code over both
 * that only holders of `macKey` (purpose `api-key-mac` of the platform's secret) can make. `chance` is for tests.
 */
export const mintApiKey = (macKey: Buffer, keyId: string, name: KeyFormName = 'lk', chance?: Uint8Array): MintedApiKey => {
  const form: KeyForm = keyForms[name];
  const id = form.write(bytesOfUuid(keyId).subarray(-form.bytes.id));
  const body = `${name}_${id}_${form.write(chance ?? randomBytes(form.bytes.chance))}`;
  const key = `${body}${codeOf(form, macKey, body)}`;
  return { key, prefix: key.slice(0, form.shown), hash: hashApiKey(key) };
};

/**
 * Whether this platform made the key: malformed and forged ones need no look-up, in no memory, no database and no service. It does not
 * say that the key is still good: that is for whoever knows its hash.
 */
export const isGenuineApiKey = (macKey: Buffer, text: string): boolean => {
  const shape = shapeOfText(text);
  const [, body, code] = shape?.pattern.exec(text) ?? [];
  if (shape === undefined || body === undefined || code === undefined) return false;
  return timingSafeEqual(Buffer.from(code), Buffer.from(codeOf(shape.form, macKey, body)));
};
