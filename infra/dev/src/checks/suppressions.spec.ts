import { suppressionsIn } from './suppressions.ts';

describe('suppressions', () => {
  it.each([
    ['// biome-ig' + 'nore lint/x: because', 'a suppressed lint rule'],
    ['// @ts-' + 'expect-error', 'a suppressed type error'],
    ['const a = b as un' + 'known as C;', 'a cast through unknown'],
    ['const f = (x: an' + 'y) => x;', 'the type any'],
    ['it.on' + "ly('x', () => 0);", 'a test that silences all others'],
    ['// TO' + 'DO: later', 'an open end'],
  ])('find %s', (text, what) => {
    expect(suppressionsIn('a.ts', `const before = 1;\n${text}\n`)).toEqual([{ file: 'a.ts', line: 2, what, text }]);
  });

  it('allow a type test to say what must not compile', () => {
    const source = '// @ts-expect' + '-error';
    expect(suppressionsIn('a.type.spec.ts', source)).toEqual([]);
    expect(suppressionsIn('a.spec.ts', source)).toHaveLength(1);
  });

  it('leave honest code alone', () => {
    const honest = "// Absent: any GPU\nconst company: anything = x; // many: anyone's guess\nonly(x); value as const; z.unknown()";
    expect(suppressionsIn('a.ts', honest)).toEqual([]);
  });
});
