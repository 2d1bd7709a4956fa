import { z } from 'zod';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonSchema = { readonly [name: string]: Json };

export const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same JSON with every `$ref` led elsewhere. */
const rerouted = (value: Json, to: string): Json => {
  if (Array.isArray(value)) return value.map((item: Json) => rerouted(item, to));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === '$ref' && typeof inner === 'string' ? inner.replace('#/$defs/', to) : rerouted(inner, to),
    ]),
  );
};

/** Schemas of one document: those with a name are written once, and pointed to. */
export class SchemaBook {
  readonly #named = new Map<string, Json>();
  readonly #at: string;

  /** `at`: where the document keeps them, such as `#/components/schemas/`. */
  constructor(at: string) {
    this.#at = at;
  }

  get named(): Readonly<Record<string, Json>> {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** As a client sends it (`input`: what has a default may be left out) or gets it (`output`). */
  of(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    // Wrapped, so that a schema that has a name is pointed to even where it is the whole.
    const whole = z.toJSONSchema(z.strictObject({ it: schema.optional() }), { io, unrepresentable: 'any' });
    // What zod writes is JSON; its type only says so less plainly.
    const { properties, $defs = {} } = rerouted(whole as Json, this.#at) as { properties: { it: JsonSchema }; $defs?: JsonSchema };
    for (const [name, definition] of Object.entries($defs)) this.#keep(name, definition);
    return properties.it;
  }

  #keep(name: string, definition: Json): void {
    const kept = this.#named.get(name);
    if (kept !== undefined && JSON.stringify(kept) !== JSON.stringify(definition)) {
      throw new TypeError(`two different schemas are named ${name}: rename one, or keep defaults out of a named schema`);
    }
    this.#named.set(name, definition);
  }
}
