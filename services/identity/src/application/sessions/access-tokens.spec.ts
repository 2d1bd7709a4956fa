import { createDecoder } from 'fast-jwt';
import { AccessTokens } from './access-tokens.ts';

describe('The key that signs access tokens', () => {
  it('has a name that can be a key of a snapshot, whatever the secret', () => {
    for (let n = 0; n < 200; n += 1) {
      const tokens = new AccessTokens(Buffer.alloc(32, n));
      expect(tokens.snapshot.kid).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('is named in every token it signs', () => {
    const tokens = new AccessTokens(Buffer.alloc(32, 1));
    const { header, payload } = createDecoder({ complete: true })(tokens.of('the-user', 'the-session', false));
    expect(header).toMatchObject({ alg: 'EdDSA', kid: tokens.snapshot.kid });
    expect(payload).toMatchObject({ sub: 'the-user', sid: 'the-session', iss: 'orrery' });
  });
});
