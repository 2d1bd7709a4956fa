import { FollowRun, SubmitRun } from './operations.ts';

const isTaken = (...paths: string[]): boolean =>
  SubmitRun.input.safeParse({ code: '1', files: Object.fromEntries(paths.map((path) => [path, ''])) }).success;

describe('The files beside a program', () => {
  it('lie below it, each at a path of its own', () => {
    for (const path of ['a', 'a/b.txt', '.hidden', '..a', '-rf', 'a b/é']) expect([path, isTaken(path)]).toEqual([path, true]);
    for (const path of ['', '.', '..', '/a', 'a/', 'a//b', './a', 'a/./b', 'a/../b', 'a\n/../b', 'a\0b']) {
      expect([path, isTaken(path)]).toEqual([path, false]);
    }
  });

  it('are never below one another', () => {
    expect(isTaken('a/b', 'a/c', 'ab')).toBe(true);
    expect(isTaken('a', 'a/b')).toBe(false);
    expect(isTaken('a/b/c', 'a')).toBe(false);
  });
});

describe('A place in the output of a run', () => {
  it('is one that the stores can hold', () => {
    const isPlace = (after: string): boolean => FollowRun.input.safeParse({ runId: '01a20111-ec10-72ee-852f-2bf921be2d4e', after }).success;
    expect(isPlace('1.17')).toBe(true);
    expect(isPlace(`1.${'9'.repeat(20)}`)).toBe(false);
  });
});
