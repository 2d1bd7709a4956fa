import { hkdfSync } from 'node:crypto';
import { MasterSecret, secretsOf } from './secrets.ts';

const hex = '0f'.repeat(32);

describe('the master secret', () => {
  it('is read as hex or base64, of at least 32 bytes', () => {
    const bytes = Buffer.from(hex, 'hex');
    expect(MasterSecret.parse(hex)).toEqual(bytes);
    expect(MasterSecret.parse(bytes.toString('base64'))).toEqual(bytes);
    expect(MasterSecret.parse(bytes.toString('base64url'))).toEqual(bytes);
    expect(MasterSecret.safeParse('0f'.repeat(31)).error?.issues[0]?.message).toBe('shorter than 32 bytes');
    expect(MasterSecret.safeParse('not a secret!').error?.issues[0]?.message).toBe('neither hex nor base64');
  });
});

describe('derived secrets', () => {
  const secrets = secretsOf(MasterSecret.parse(hex));

  it('are HKDF-SHA-256 of the master, salted, with the purpose as its info', () => {
    // The keys of RFC 5869 are checked by Node; this pins our salt and info, which what is sealed depends on.
    const expected = Buffer.from(hkdfSync('sha256', Buffer.from(hex, 'hex'), 'orrery', 'orrery/seal-kek/v1', 32));
    expect(secrets('seal-kek')).toEqual(expected);
    expect(secrets('seal-kek').toString('hex')).toMatchInlineSnapshot(`"dec638303c0d317f66be03853dce56eb2f9384c4f5078814c21a9abb3d4b75dc"`);
  });

  it('are the same every time, and differ by purpose and by master', () => {
    expect(secrets('seal-kek')).toEqual(secrets('seal-kek'));
    expect(secrets('seal-kek')).not.toEqual(secrets('api-key-mac'));
    expect(secretsOf(Buffer.alloc(32))('seal-kek')).not.toEqual(secrets('seal-kek'));
  });

  it('are as long as asked', () => {
    expect(secrets('api-key-mac', 64)).toHaveLength(64);
  });
});
