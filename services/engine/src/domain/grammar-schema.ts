type Schema = { readonly [keyword: string]: unknown };

/** A part of a JSON Schema that no grammar can be made of. */
export interface NoGrammar {
  /** Where it stands, such as `properties.age.minimum`; empty for the whole. */
  readonly at: string;
  readonly why: string;
}

/** Says nothing about what is valid, or is said by the grammar anyway: every property that is named is written. */
const silent = new Set([
  'title',
  'description',
  'default',
  'examples',
  '$schema',
  '$id',
  '$comment',
  'required',
  'deprecated',
  'readOnly',
  'writeOnly',
]);
const plain = new Set([
  'type',
  'enum',
  'const',
  '$ref',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
]);
const formats = new Set(['date-time', 'time', 'date']);
const mostDepth = 64;

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const below = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`);

/** Thrown within this file only: a schema is walked to any depth, and one sentence is the answer. */
class Refused extends Error {
  constructor(readonly no: NoGrammar) {
    super(no.why);
  }
}

const refuse = (at: string, why: string): never => {
  throw new Refused({ at, why });
};

const each = (value: unknown, at: string, depth: number): Schema =>
  isSchema(value)
    ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, converted(part, below(at, name), depth)]))
    : refuse(at, 'is no object of schemas');

const list = (value: unknown, at: string, depth: number): readonly unknown[] =>
  Array.isArray(value) ? value.map((part, i) => converted(part, `${at}[${i}]`, depth)) : refuse(at, 'is no list of schemas');

const keyword = (name: string, value: unknown, at: string, depth: number): Schema => {
  if (silent.has(name)) return {};
  if (plain.has(name)) return { [name]: value };
  switch (name) {
    case 'properties':
    case '$defs':
      return { [name]: each(value, at, depth) };
    case 'definitions':
      return { $defs: each(value, at, depth) };
    case 'items':
      return { items: converted(value, at, depth) };
    case 'prefixItems':
      return { prefixItems: list(value, at, depth) };
    case 'oneOf':
    case 'anyOf':
      return { oneOf: list(value, at, depth) };
    case 'additionalProperties':
      return { additionalProperties: typeof value === 'boolean' ? value : converted(value, at, depth) };
    case 'format':
      return typeof value === 'string' && formats.has(value) ? { format: value } : refuse(at, `can be ${[...formats].join(', ')} here`);
    default:
      return refuse(at, 'is not supported here');
  }
};

const converted = (value: unknown, at: string, depth: number): Schema => {
  if (depth > mostDepth) return refuse(at, 'lies too deep');
  if (!isSchema(value)) return refuse(at, 'is no schema');
  const schema: Record<string, unknown> = {};
  for (const [name, content] of Object.entries(value)) {
    for (const [word, part] of Object.entries(keyword(name, content, below(at, name), depth + 1))) {
      // Both hold, and a grammar has one word for the two.
      if (Object.hasOwn(schema, word)) return refuse(below(at, name), `cannot stand beside another ${word} here`);
      schema[word] = part;
    }
  }
  const { $ref } = schema;
  return typeof $ref === 'string' ? { ...schema, $ref: $ref.replace(/^#\/definitions\//, '#/$defs/') } : schema;
};

/** A JSON Schema in the words of the grammar, or what of it has no place there. Only an object can be the whole. */
export const grammarSchemaOf = (value: unknown): { readonly schema: Schema } | { readonly no: NoGrammar } => {
  try {
    const schema = converted(value, '', 0);
    return schema['type'] === 'object' ? { schema } : { no: { at: 'type', why: 'must be "object"' } };
  } catch (error) {
    if (error instanceof Refused) return { no: error.no };
    throw error;
  }
};
