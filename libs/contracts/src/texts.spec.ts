import { z } from 'zod';
import { operations } from './catalogue.ts';

/** Programs and their files are kept as bytes, and a password is kept as a hash: they may hold anything. */
const kept: readonly RegExp[] = [/^SubmitRun\.code$/, /^SubmitRun\.files\.\*$/, /assword$/];

/** What is chosen by somebody and shown to others. To delete an organization its name is only compared. */
const naming = /^(?!DeleteOrg)\w+\.name$/;

interface Leaf {
  readonly path: string;
  readonly schema: z.core.$ZodType;
}

/** Every schema of a text that a client may send, with its path. */
const textsOf = (schema: z.core.$ZodType, path: string): readonly Leaf[] => {
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) return [{ path, schema }];
  if (schema instanceof z.ZodObject)
    return Object.entries<z.core.$ZodType>(schema.shape).flatMap(([name, field]) => textsOf(field, `${path}.${name}`));
  if (schema instanceof z.ZodArray) return textsOf(schema.element, `${path}[]`);
  if (schema instanceof z.ZodRecord) return [...textsOf(schema.keyType, `${path}.key`), ...textsOf(schema.valueType, `${path}.*`)];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option: z.core.$ZodType) => textsOf(option, path));
  // What a pipe takes is what its end takes too.
  if (schema instanceof z.ZodPipe) return textsOf(schema.in, path).map(() => ({ path, schema }));
  const isAround = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault;
  return isAround ? textsOf(schema.unwrap(), path) : [];
};

const texts = Object.entries(operations)
  .filter(([, { http }]) => http !== undefined)
  .flatMap(([name, { input }]) => textsOf(input, name))
  .filter(({ path }) => !kept.some((those) => those.test(path)));

describe('A text that a client sends', () => {
  it('is one that every store can hold, in every operation', () => {
    const unstorable = ['\0', 'a\0b', 'a\ud800', '\udc00'];
    const takers = texts.filter(({ schema }) => unstorable.some((text) => z.safeParse(schema, text).success));
    expect(takers.map(({ path }) => path)).toEqual([]);
  });

  it('is no name that can be shown as another one, in every operation that names something', () => {
    const disguised = ['a\u202eb', 'a\u2066b', 'a\u2069b', 'a\nb', 'a\u0007b', 'a\u007fb', 'a\u009bb'];
    const named = texts.filter(({ path }) => naming.test(path));
    const takers = named.filter(({ schema }) => disguised.some((text) => z.safeParse(schema, text).success));
    expect(takers.map(({ path }) => path)).toEqual([]);
    expect(named.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['UpdateMe.name', 'CreateOrg.name', 'CreateApiKey.name', 'CreateSpace.name', 'CreateMyOauthApp.name']),
    );
    const usual = ['Ада Lovelace', 'עדה', '艾达 👩‍💻', " O'Neil "];
    expect(
      named.filter(({ path }) => path === 'UpdateMe.name').every(({ schema }) => usual.every((text) => z.safeParse(schema, text).success)),
    ).toBe(true);
  });

  it('is looked at', () => {
    expect(texts.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['CreateJoinToken.name', 'ListRuns.cursor', 'SubmitRun.files.key']),
    );
  });
});
