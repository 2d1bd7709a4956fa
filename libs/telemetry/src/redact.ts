const mark = '[redacted]';

/** Names whose values are never written, compared without case, dashes and underscores. */
const secretEndings = [
  'authorization',
  'cookie',
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'apikey',
  'privatekey',
  'credentials',
  'creds',
  'seed',
  'otp',
  'totp',
];
const known = new Map<string, boolean>();

const isSecretName = (name: string): boolean => {
  let secret = known.get(name);
  if (secret === undefined) {
    const plain = name.toLowerCase().replace(/[-_]/g, '');
    secret = secretEndings.some((ending) => plain.endsWith(ending));
    // Names come from code, not from callers; the bound is for the day when one does not.
    if (known.size < 2_000) known.set(name, secret);
  }
  return secret;
};

const depthLimit = 6;
const itemLimit = 100;

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** What can be written of a value as JSON, without what names say is secret. */
export const clean = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error || value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= depthLimit) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, itemLimit).map((item) => clean(item, depth + 1));
  if (!isPlain(value)) return `[${value.constructor.name}]`;
  return redact(value, depth + 1);
};

/** A copy in which every field whose name says secret says so no more; also bounded in depth and breadth. */
export const redact = (fields: object, depth = 0): Record<string, unknown> => {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const value: unknown = Reflect.get(fields, name);
    copy[name] = isSecretName(name) ? mark : clean(value, depth);
  }
  return copy;
};

const secretTexts = new RegExp(
  [
    String.raw`\b(?:lk|op|ojt)_[A-Za-z0-9_-]{8,}`, // our own keys and tokens
    String.raw`(?<=\b(?:Bearer|Basic)\s{1,4})[A-Za-z0-9+/=._~-]{6,}`, // authorization headers
    String.raw`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`, // JSON web tokens
    String.raw`(?<=://[^\s/:@"]{0,100}:)[^\s/@"]{1,200}(?=@)`, // passwords in URLs
    String.raw`\bS[UAOCXN][A-Z2-7]{56}\b`, // NATS seeds
    '-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.*?-----END', // PEM
  ].join('|'),
  'gs',
);

/** What every secret text has in it: most lines have nothing of it, and looking for this costs a tenth. */
const suspicious = /(?:lk|op|ojt)_|Bearer|Basic|eyJ|:\/\/|S[UAOCXN][A-Z2-7]{8}|-----BEGIN/;

/** The last pass over a finished line, for secrets that came inside a sentence. */
export const redactText = (text: string): string => (suspicious.test(text) ? text.replace(secretTexts, mark) : text);
