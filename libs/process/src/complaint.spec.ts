import { complaintOf, isHopeless, isOfServer } from './complaint.ts';

const postgres = { title: 'PostgreSQL', address: 'db:5432', variable: 'ORRERY_POSTGRES_URL' };
const failure = (message: string, code: string, more: object = {}): Error => Object.assign(new Error(message), { code, ...more });
const said = (error: unknown): string => complaintOf(postgres, 'cannot be used', error);

describe('a complaint about a server', () => {
  it('names the server, the reason, and the variable to mend', () => {
    expect(said(failure('connect ECONNREFUSED 10.0.0.1:5432', 'ECONNREFUSED'))).toBe(
      'PostgreSQL at db:5432 cannot be used: nothing listens there (connect ECONNREFUSED 10.0.0.1:5432). Start it, or mend ORRERY_POSTGRES_URL.',
    );
  });

  it.each([
    ['28P01', 'password authentication failed for user "u"', 'Mend the user and the password in ORRERY_POSTGRES_URL'],
    ['3D000', 'database "x" does not exist', 'Create that database, or mend ORRERY_POSTGRES_URL'],
    ['42501', 'permission denied to create database', 'Let the role of ORRERY_POSTGRES_URL create databases'],
    ['AUTHORIZATION_VIOLATION', 'Authorization Violation', 'ORRERY_NATS_CREDS must be the path'],
    ['BAD_CREDS', 'BAD_CREDS', 'ORRERY_NATS_CREDS must be the path'],
  ])('knows what no waiting mends: %s', (code, message, mend) => {
    const error = failure(message, code);
    expect(said(error)).toContain(mend);
    expect(isHopeless(error)).toBe(true);
  });

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET', '57P03'])('leaves hope where waiting may mend it: %s', (code) => {
    expect(isHopeless(failure('not yet', code))).toBe(false);
  });

  it('looks below what others wrapped around the reason, and into what failed on every address', () => {
    const refused = failure('Authorization Violation', 'AUTHORIZATION_VIOLATION');
    expect(isHopeless(new Error('cannot connect', { cause: refused }))).toBe(true);
    const everywhere = new AggregateError([failure('connect ECONNREFUSED ::1:5432', 'ECONNREFUSED')]);
    expect(said(everywhere)).toContain('nothing listens there (connect ECONNREFUSED ::1:5432)');
  });

  it('does not wait for a file of credentials that cannot be read, but for a socket that is not there yet', () => {
    expect(isHopeless(failure('no such file', 'ENOENT', { syscall: 'open' }))).toBe(true);
    expect(isHopeless(failure('no such socket', 'ENOENT', { syscall: 'connect' }))).toBe(false);
  });

  it('reads the code of Redis off its sentence', () => {
    const wrong = Object.assign(new Error('WRONGPASS invalid username-password pair'), { name: 'ReplyError' });
    expect(complaintOf({ ...postgres, title: 'Redis', variable: 'ORRERY_REDIS_URL' }, 'cannot be used', wrong)).toContain(
      'Mend the user and the password in ORRERY_REDIS_URL',
    );
  });

  it.each([
    new Error('Connection terminated unexpectedly'),
    Object.assign(new Error('Protocol error, got "H" as reply type byte. Please report this.'), { name: 'ParserError' }),
    failure('TIMEOUT', 'TIMEOUT'),
  ])('sees where something else listens: %s', (error) => {
    expect(said(error)).toMatch(/it gives no answer that we understand .*[^.]\)\. Is it the right port/);
  });

  it('tells the fault of a server from one of our own', () => {
    expect(isOfServer(failure('reset', 'ECONNRESET'))).toBe(true);
    expect(isOfServer(new TypeError('x is not a function'))).toBe(false);
  });
});
