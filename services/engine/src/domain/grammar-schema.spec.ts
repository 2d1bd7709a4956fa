import { grammarSchemaOf } from './grammar-schema.ts';

const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });

describe('A JSON Schema as a grammar', () => {
  it('keeps what says what is valid, and drops what does not', () => {
    const schema = object(
      { name: { type: 'string', title: 'Name', description: 'Who', maxLength: 5 } },
      { required: ['name'], title: 'Person' },
    );
    expect(grammarSchemaOf(schema)).toEqual({ schema: object({ name: { type: 'string', maxLength: 5 } }) });
  });

  it('takes anyOf for oneOf, and definitions for $defs', () => {
    const schema = object({ a: { anyOf: [{ type: 'string' }, { $ref: '#/definitions/B' }] } }, { definitions: { B: { type: 'null' } } });
    expect(grammarSchemaOf(schema)).toEqual({
      schema: object({ a: { oneOf: [{ type: 'string' }, { $ref: '#/$defs/B' }] } }, { $defs: { B: { type: 'null' } } }),
    });
  });

  it('keeps a property that is called like a keyword', () => {
    expect(grammarSchemaOf(object({ minimum: { type: 'integer' } }))).toEqual({ schema: object({ minimum: { type: 'integer' } }) });
  });

  it.each([
    [object({ age: { type: 'integer', minimum: 3 } }), 'properties.age.minimum'],
    [object({ all: { type: 'array', items: { allOf: [] } } }), 'properties.all.items.allOf'],
    [object({ a: { oneOf: [{ type: 'string', pattern: 'x' }] } }), 'properties.a.oneOf[0].pattern'],
    [object({ mail: { type: 'string', format: 'email' } }), 'properties.mail.format'],
    [object({ a: true }), 'properties.a'],
    [object({ a: { oneOf: [{ type: 'string' }], anyOf: [{ type: 'null' }] } }), 'properties.a.anyOf'],
    [{ type: 'array', items: { type: 'string' } }, 'type'],
    ['object', ''],
  ])('of %j says what has no place in one', (schema, at) => {
    expect(grammarSchemaOf(schema)).toEqual({ no: { at, why: expect.any(String) } });
  });
});
