import fc from 'fast-check';
import { requestIdOf } from './hooks.ts';
import { MethodTable } from './method-table.ts';
import { depthOf, readBody } from './read-body.ts';
import { textOf } from './server-sent-events.ts';

const deep = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map((inner) => deep(inner))) : 0;

/** The one name that is refused: what is read of it is told by a test of its own. */
const namesPrototype = (value: unknown): boolean => JSON.stringify(value).includes('"__proto__":');

describe('A body', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        fc.pre(!namesPrototype(value));
        const bytes = Buffer.from(JSON.stringify(value));
        expect(depthOf(bytes)).toBe(deep(value));
        expect(readBody(bytes)).toEqual(JSON.parse(bytes.toString()));
      }),
    );
  });

  it('may begin with a byte order mark, and be empty', () => {
    expect(readBody(Buffer.from('\uFEFF{"a":1}'))).toEqual({ a: 1 });
    expect(readBody(Buffer.alloc(0))).toBeUndefined();
  });

  it('may not reach into prototypes, however it spells them', () => {
    for (const text of ['{"__proto__":1}', '{"a":[{"\\u005f\\u005fproto\\u005f_":1}]}']) {
      expect(() => readBody(Buffer.from(text))).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ code: 'MalformedJson' }) }),
      );
    }
    expect(readBody(Buffer.from('{"a":"__proto__ and \\u00e9"}'))).toEqual({ a: '__proto__ and é' });
  });
});

describe('An event of a stream', () => {
  it('keeps each line of its data apart', () => {
    expect(textOf({ data: 'a\nb\r\nc\rd' })).toBe('data: a\ndata: b\ndata: c\ndata: d\n\n');
    expect(textOf({ id: '1.2', event: 'end', data: '{}' })).toBe('id: 1.2\nevent: end\ndata: {}\n\n');
  });

  it('cannot be split by what it carries', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (id, data) => {
        const text = textOf({ id, data });
        expect(text.endsWith('\n\n')).toBe(true);
        expect(text.slice(0, -2)).not.toMatch(/\n\n|\r/);
      }),
    );
  });
});

describe('The table of methods', () => {
  const table = new MethodTable();
  table.add({ path: '/a/{id}', method: 'GET', kind: 'answer' });
  table.add({ path: '/a/{other}', method: 'DELETE', kind: 'answer' });
  table.add({ path: '/a/stream', method: 'GET', kind: 'stream' });
  table.add({ path: '/keys/', method: 'POST', kind: 'answer' });

  it.each([
    ['/a/1', ['DELETE', 'GET', 'HEAD']],
    ['/a/1/', ['DELETE', 'GET', 'HEAD']],
    ['/keys', ['POST']],
    ['/a', []],
    ['/a/1/2', []],
  ])('knows at %s %j', (path, methods) => expect(table.methodsAt(path)).toEqual(methods));
});

describe('A request id', () => {
  it('is the one of the caller where it is one', () => {
    expect(requestIdOf('abc-1.2:3_4')).toBe('abc-1.2:3_4');
    for (const odd of [undefined, '', 'a b', 'a\r\nb', 'x'.repeat(101), ['a', 'b']]) expect(requestIdOf(odd)).toMatch(/^[0-9a-f-]{36}$/);
  });
});
