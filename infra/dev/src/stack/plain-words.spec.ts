import { plainWordsIn } from './plain-words.ts';

describe('the last words of a program', () => {
  it('are what follows its log lines', () => {
    const log = '{"level":"info","msg":"a"}\n{"level":"warn","msg":"b"}\nall cannot start:\n  ORRERY_X is "y"\n';
    expect(plainWordsIn(log)).toBe('all cannot start:\n  ORRERY_X is "y"');
  });

  it('are none where a log line was the last', () => {
    expect(plainWordsIn('a warning of Node\n{"level":"info","msg":"a"}\n')).toBe('');
    expect(plainWordsIn('')).toBe('');
  });
});
