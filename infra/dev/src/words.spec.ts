import { Problem } from './terminal.ts';
import { wordsOf } from './words.ts';

describe('a failure on the terminal', () => {
  it('is the sentence of a problem, and no more', () => {
    expect(wordsOf(new Problem('Nothing runs here'))).toBe('Nothing runs here');
  });

  it('says of a disk what is wrong with it', () => {
    const refused = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', path: '/x/.orrery/dev' });
    expect(wordsOf(refused)).toMatch(/^\/x\/\.orrery\/dev may not be written \(by \w+\)\. .* let this user write there$/);
    expect(wordsOf(refused)).not.toContain('\n');
  });

  it('has a stack where the fault is ours', () => {
    expect(wordsOf(new TypeError('x is not a function'))).toMatch(/x is not a function\n {4}at /);
  });
});
