import { hostName, serverUrl } from './server-url.ts';

const mistakeOf = (text: string): string | undefined => serverUrl('postgres', 'postgresql').safeParse(text).error?.issues[0]?.message;

describe('the URL of a server', () => {
  it.each([
    'postgres://u:p@db:5432/x',
    'postgresql://db',
    'POSTGRES://db',
    'postgres:///x?host=/run/postgresql',
    'postgres://[::1]:5432/x',
  ])('may be %s, and stays as it was written', (text) => {
    expect(serverUrl('postgres', 'postgresql').parse(text)).toBe(text);
  });

  it.each([
    ['', 'not a URL'],
    ['localhost:5432', 'does not begin with postgres:// or postgresql://'],
    ['postgres:db', 'does not begin with postgres:// or postgresql://'],
    ['mysql://db', 'does not begin with postgres:// or postgresql://'],
    ['postgres:///x', 'names no host'],
    ['postgres://db:99999', 'not a URL'],
  ])('may not be %j: %s', (text, mistake) => {
    expect(mistakeOf(text)).toBe(mistake);
  });
});

describe('the name of a host', () => {
  it.each(['127.0.0.1', '::', 'localhost', 'my-host.example.com'])('may be %s', (text) => {
    expect(hostName.safeParse(text).success).toBe(true);
  });

  it.each(['', 'my host', 'http://x'])('may not be %j', (text) => {
    expect(hostName.safeParse(text).success).toBe(false);
  });
});
