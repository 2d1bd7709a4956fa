import { isObject, type Json, type JsonSchema } from './schema.ts';

type Named = Readonly<Record<string, Json>>;

/** Texts of every form that our contracts know; the first that fits is taken. */
const texts = [
  'sample',
  '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01',
  '2026-01-02T03:04:05.678Z',
  '12500000000',
  'person@example.com',
  '1.1',
  'DE',
  'a1'.repeat(32),
  '123456',
  'ABCD2345',
  '203.0.113.0/24',
  'https://app.example.com/callback',
  '1g.10gb',
  'orrery/tiny-chat',
];

const fits = (text: string, schema: JsonSchema): boolean => {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern = '', format } = schema;
  if (text.length < Number(minLength) || text.length > Number(maxLength)) return false;
  if (format === 'email') return text.includes('@');
  return new RegExp(String(pattern), 'u').test(text);
};

const textOf = (schema: JsonSchema): string => {
  const text = texts.find((candidate) => fits(candidate, schema));
  if (text === undefined) throw new TypeError(`no sample text fits ${JSON.stringify(schema)}: add one to sample.ts`);
  return text;
};

const numberOf = ({ minimum, exclusiveMinimum }: JsonSchema): number => {
  if (typeof exclusiveMinimum === 'number') return exclusiveMinimum + 1;
  return typeof minimum === 'number' && minimum > 1 ? minimum : 1;
};

const fieldsOf = (schema: JsonSchema, named: Named): Json => {
  const { properties, propertyNames, additionalProperties } = schema;
  if (isObject(properties)) return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, sampleOf(inner, named)]));
  if (!isObject(additionalProperties)) return {};
  return { [String(isObject(propertyNames) ? sampleOf(propertyNames, named) : 'key')]: sampleOf(additionalProperties, named) };
};

const isNull = (schema: Json): boolean => isObject(schema) && schema['type'] === 'null';

const choiceOf = (choices: readonly Json[]): Json => choices.find((choice) => !isNull(choice)) ?? null;

/** A value that a schema accepts, the same every time, with every optional field present. */
export const sampleOf = (schema: Json, named: Named): Json => {
  if (!isObject(schema)) return 'sample';
  const { $ref, const: constant, enum: values, anyOf, oneOf, items } = schema;
  if (typeof $ref === 'string') return sampleOf(named[$ref.slice($ref.lastIndexOf('/') + 1)] ?? {}, named);
  if (constant !== undefined) return constant;
  if (Array.isArray(values)) return values[0] ?? null;
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) return sampleOf(choiceOf(choices), named);
  const { type: types } = schema;
  switch (Array.isArray(types) ? types.find((type) => type !== 'null') : types) {
    case 'object':
      return fieldsOf(schema, named);
    case 'array':
      return Array.from({ length: Math.max(1, Number(schema['minItems'] ?? 1)) }, () => sampleOf(items ?? {}, named));
    case 'string':
      return textOf(schema);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return 'sample';
  }
};
