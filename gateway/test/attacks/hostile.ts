/** What somebody sends who hopes that a text is read as something else: SQL, a subject of the bus, a path, a header, a page, a template. */
export const hostile: readonly string[] = [
  "'",
  '"; DROP TABLE events; --',
  "' OR '1'='1",
  '$1',
  '%_\\',
  '*',
  '>',
  'log.identity.>',
  '$JS.API.STREAM.DELETE.LOG_IDENTITY',
  '_INBOX.>',
  ' ',
  '\0',
  'a\nb',
  'a\r\nPUB log.x 1\r\n',
  '\ud800',
  '\u202e\u0000',
  '../../etc/passwd',
  '..%2f..%2f',
  '<script>alert(1)</script>',
  '{{7*7}}',
  '__proto__',
  'constructor',
  '1e999',
  'ｏｗｎｅｒ',
  'x'.repeat(60_000),
];

type Json = unknown;
type Place = readonly (string | number)[];

const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The places of every text in a value, names of free fields included. */
export const textsIn = (value: Json, at: Place = []): readonly Place[] => {
  if (typeof value === 'string') return [at];
  if (Array.isArray(value)) return value.flatMap((item: Json, index) => textsIn(item, [...at, index]));
  return isObject(value) ? Object.entries(value).flatMap(([name, inner]) => textsIn(inner, [...at, name])) : [];
};

/** The value with another text at a place. */
export const withText = (value: Json, [step, ...rest]: Place, text: string): Json => {
  if (step === undefined) return text;
  if (Array.isArray(value)) return value.map((item: Json, index) => (index === step ? withText(item, rest, text) : item));
  return isObject(value) ? { ...value, [step]: withText(value[step], rest, text) } : value;
};
