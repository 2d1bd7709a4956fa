import { commandOf, WrongWords } from './command.ts';

describe('The words of the command', () => {
  it.each([
    [['admin', 'create', '--username', 'ada'], { username: 'ada', email: undefined, isPasswordGiven: false }],
    [
      ['admin', 'create', '--username=ada', '--email', 'ada@example.com', '--password-stdin'],
      { username: 'ada', email: 'ada@example.com', isPasswordGiven: true },
    ],
  ])('%j are understood', (argv, command) => {
    expect(commandOf(argv)).toEqual(command);
  });

  it('apply a file, and say how', () => {
    const plain = { file: 'catalog.yaml', isDryRun: false, isAgreed: false, isPruning: false, areCredentialsSet: false };
    expect(commandOf(['apply', 'catalog.yaml'])).toEqual(plain);
    expect(commandOf(['apply', 'catalog.yaml', '--credentials'])).toEqual({ ...plain, areCredentialsSet: true });
    expect(commandOf(['apply', '--prune', 'catalog.yaml', '--yes', '--dry-run'])).toEqual({
      ...plain,
      isDryRun: true,
      isAgreed: true,
      isPruning: true,
    });
  });

  it('fetch, list and remove models', () => {
    const sha256 = 'AB'.repeat(32);
    expect(commandOf(['models', 'pull', 'org/repo:a.gguf', '--to', '/srv', '--sha256', sha256])).toEqual({
      verb: 'pull',
      what: 'org/repo:a.gguf',
      directory: '/srv',
      sha256: 'ab'.repeat(32),
    });
    expect(commandOf(['models', 'list'])).toEqual({ verb: 'list' });
    expect(commandOf(['models', 'rm', 'a.gguf'])).toEqual({ verb: 'rm', what: 'a.gguf' });
  });

  it('show, set and clear limits', () => {
    expect(commandOf(['limits', 'get', 'o'])).toEqual({ of: 'limits', verb: 'get', org: 'o', thing: { of: 'org' }, pairs: [] });
    expect(commandOf(['limits', 'set', 'o', '--model', 'acme/one', 'concurrency=5', 'spendPerDay=none'])).toEqual({
      of: 'limits',
      verb: 'set',
      org: 'o',
      thing: { of: 'model', model: 'acme/one' },
      pairs: ['concurrency=5', 'spendPerDay=none'],
    });
    expect(commandOf(['limits', 'clear', 'o', '--user', 'u'])).toMatchObject({ verb: 'clear', thing: { of: 'user', userId: 'u' } });
  });

  it('log in', () => {
    expect(commandOf(['login'])).toBe('login');
  });

  it.each([[[]], [['--help']], [['help']], [['admin', 'create', '-h']]])('%j ask for help', (argv) => {
    expect(commandOf(argv)).toBeUndefined();
  });

  it.each([
    [['admin']],
    [['login', '--username', 'ada']],
    [['login', 'ada']],
    [['login', '--yes']],
    [['apply']],
    [['models']],
    [['limits']],
    [['limits', 'get']],
    [['limits', 'get', 'o', 'p']],
    [['limits', 'get', 'o', '--user', 'u']],
    [['limits', 'set', 'o']],
    [['limits', 'clear', 'o', 'concurrency=5']],
    [['limits', 'set', 'o', 'concurrency=5', '--user', 'u', '--key', 'k']],
    [['limits', 'get', 'o', '--yes']],
    [['models', 'pull']],
    [['models', 'list', 'all']],
    [['models', 'push', 'a']],
    [['models', 'rm', 'a', '--sha256', 'ab'.repeat(32)]],
    [['models', 'pull', 'a/b', '--sha256', 'short']],
    [['models', 'pull', 'a/b', '--yes']],
    [['apply', 'one.yaml', 'two.yaml']],
    [['apply', 'catalog.yaml', '--username', 'ada']],
    [['admin', 'create', '--username', 'ada', '--prune']],
    [['admin', 'create']],
    [['admin', 'delete', '--username', 'ada']],
    // Nobody gets used to it: what is an argument is seen by everybody on the machine.
    [['admin', 'create', '--username', 'ada', '--password', 'secret']],
    [['admin', 'create', 'extra', '--username', 'ada']],
  ])('%j are none', (argv) => {
    expect(() => commandOf(argv)).toThrow(WrongWords);
  });
});
