import { endOf, plainWordsIn } from './plain-words.ts';

describe('the last words of a program', () => {
  it('are what follows its log lines', () => {
    const log = '{"level":"info","msg":"a"}\n{"level":"warn","msg":"b"}\nall cannot start:\n  ORRERY_X is "y"\n';
    expect(plainWordsIn(log)).toBe('all cannot start:\n  ORRERY_X is "y"');
  });

  it('are none where a log line was the last', () => {
    expect(plainWordsIn('a warning of Node\n{"level":"info","msg":"a"}\n')).toBe('');
    expect(plainWordsIn('')).toBe('');
  });

  it('are otherwise the end of its log as people read it, without repeats and stacks', () => {
    const waiting = JSON.stringify({ level: 'warn', time: 't', msg: 'waiting for NATS', err: { message: 'refused', stack: 'at x' } });
    expect(endOf(`{"level":"info","msg":"begins"}\n${waiting}\n${waiting}\n`)).toBe('info  begins\nwarn  waiting for NATS: refused');
  });
});
