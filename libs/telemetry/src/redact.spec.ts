import { redact, redactText } from './redact.ts';

describe('redact', () => {
  it('hides the values of fields whose names say secret, however they are written', () => {
    const fields = {
      authorization: 'x',
      Password: 'x',
      refresh_token: 'x',
      'x-api-key': 'x',
      clientSecret: 'x',
      'set-cookie': ['x'],
      totp: '123456',
    };
    for (const value of Object.values(redact(fields))) expect(value).toBe('[redacted]');
  });

  it('hides them at any depth, in lists too', () => {
    const hidden = redact({ request: { headers: { authorization: 'Bearer x', accept: 'json' } }, users: [{ name: 'ada', password: 'x' }] });
    expect(hidden).toEqual({
      request: { headers: { authorization: '[redacted]', accept: 'json' } },
      users: [{ name: 'ada', password: '[redacted]' }],
    });
  });

  it('leaves alone what only sounds like it', () => {
    const fields = { tokens: 12, maxTokens: 4, tokenCount: 9, secretary: 'eve', seq: 1, keyId: 'k1' };
    expect(redact(fields)).toEqual(fields);
  });

  it('bounds depth, breadth and bulk, and never fails on a cycle', () => {
    const cycle: Record<string, unknown> = { list: Array.from({ length: 500 }, (_, index) => index), bytes: Buffer.alloc(9), at: 5n };
    cycle.self = cycle;
    const copy = redact(cycle);
    expect(copy.list).toHaveLength(100);
    expect(copy.bytes).toBe('[9 bytes]');
    expect(copy.at).toBe('5');
    expect(JSON.stringify(copy)).toContain('[deep]');
  });

  it('does not change what it was given', () => {
    const fields = { password: 'x', nested: { token: 'y' } };
    redact(fields);
    expect(fields).toEqual({ password: 'x', nested: { token: 'y' } });
  });
});

describe('redactText', () => {
  it.each([
    ['a key', 'rejected lk_0190a5b3c4_Zm9vYmFyYmF6 again', 'rejected [redacted] again'],
    ['an operator key', 'with op_abcdefghij', 'with [redacted]'],
    ['a join token', 'with ojt_0190a5b3c4_Zm9vYmFyYmF6 once', 'with [redacted] once'],
    ['a bearer header', 'sent Bearer abc.def-ghi to', 'sent Bearer [redacted] to'],
    ['a JSON web token', 'got eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln', 'got [redacted]'],
    ['a password in a URL', 'postgres://orrery:s3cret@db:5432/x', 'postgres://orrery:[redacted]@db:5432/x'],
    ['a NATS seed', `seed SUA${'A'.repeat(55)} here`, 'seed [redacted] here'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----', '[redacted] PRIVATE KEY-----'],
  ])('hides %s inside a sentence', (_what, text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it('leaves ordinary lines alone', () => {
    const line = '{"msg":"placed run-0190a5b3 on worker w1 at http://127.0.0.1:8080/x","stack":"Error: no\\n at a.ts:1:2"}';
    expect(redactText(line)).toBe(line);
  });

  it('takes no more time on a long hostile line than on a long honest one', () => {
    const hostile = `://${':'.repeat(20_000)}${'Bearer '.repeat(5_000)}eyJ${'a'.repeat(20_000)}`;
    const began = performance.now();
    redactText(hostile);
    expect(performance.now() - began).toBeLessThan(500);
  });
});
