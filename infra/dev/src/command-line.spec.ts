import { commandLineOf } from './command-line.ts';

const of = (text: string, environment: NodeJS.ProcessEnv = {}) => commandLineOf(text === '' ? [] : text.split(' '), environment);
const defaults = { words: [], name: 'dev', exit: false, servers: false, quick: false };

describe('the command line', () => {
  it('is a command with the options that mean something to it', () => {
    expect(of('up --servers --name other')).toEqual({ ...defaults, command: 'up', servers: true, name: 'other' });
    expect(of('demo --exit')).toEqual({ ...defaults, command: 'demo', exit: true });
    expect(of('status', { ORRERY_STACK: 'other' })).toEqual({ ...defaults, command: 'status', name: 'other' });
  });

  it('asks for help in every way that people try', () => {
    for (const text of ['', 'help', '--help', '-h', 'up --help', 'demo -h', 'start --help']) expect(of(text).command).toBe('help');
  });

  it('hands on the words of another program, options and all', () => {
    expect(of('start events refill billing --from start')).toEqual({
      ...defaults,
      command: 'start',
      words: ['events', 'refill', 'billing', '--from', 'start'],
    });
    expect(of('simulate --help')).toEqual({ ...defaults, command: 'simulate', words: ['--help'] });
    expect(of('start --name other agent --drain')).toEqual({ ...defaults, command: 'start', name: 'other', words: ['agent', '--drain'] });
  });

  it.each([
    ['bogus', 'There is no command "bogus". The commands are up, demo, dev, start'],
    ['constructor', 'There is no command "constructor"'],
    ['up --bogus', "Unknown option '--bogus': up takes --servers and --name <stack>. The commands are"],
    ['up --exit', "Unknown option '--exit': up takes --servers and --name <stack>"],
    ['demo --name', "Option '--name <value>' argument missing: demo takes --exit and --name <stack>"],
    ['up extra words', 'Unexpected "extra words": up takes'],
    ['generate --x', "Unknown option '--x': generate takes no options"],
  ])('answers %j with what there is instead', (text, sentence) => {
    expect(() => of(text)).toThrow(sentence);
  });
});
