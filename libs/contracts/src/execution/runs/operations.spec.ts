import { EndRun, FollowRun, SubmitRun } from './operations.ts';

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

describe('What a run brings along', () => {
  it('is bounded in number, and says which field is too large', () => {
    const files = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, '']));
    expect(SubmitRun.input.safeParse({ code: '1', files: files(1_000) }).success).toBe(true);
    const refused = SubmitRun.input.safeParse({ code: '1', files: files(1_001) });
    expect(refused.error?.issues).toMatchObject([{ path: ['files'], message: 'more than 1000 files' }]);
  });
});

describe('What somebody wants of a run', () => {
  it('is how it ends, and never why', () => {
    const runId = '01a20111-ec10-72ee-852f-2bf921be2d4e';
    expect(EndRun.input.safeParse({ runId, mode: 'cancel' }).success).toBe(true);
    expect(EndRun.input.safeParse({ runId, mode: 'cancel', reason: 'credit-exhausted' }).success).toBe(false);
  });
});

describe('A place in the output of a run', () => {
  it('is one that the stores can hold', () => {
    const isPlace = (after: string): boolean => FollowRun.input.safeParse({ runId: '01a20111-ec10-72ee-852f-2bf921be2d4e', after }).success;
    expect(isPlace('1.17')).toBe(true);
    expect(isPlace(`1.${'9'.repeat(20)}`)).toBe(false);
  });
});
