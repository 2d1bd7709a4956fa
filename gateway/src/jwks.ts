import { createPublicKey } from 'node:crypto';
import type { identity } from '@orrery/contracts';

/** RFC 7517: the keys with which anybody may verify access tokens. */
export const jwksOf = (keys: Iterable<identity.SigningSnapshot>, now: number): string => {
  const believed = [...keys].filter(({ notAfter }) => notAfter === null || Date.parse(notAfter) > now);
  const byAge = believed.sort((a, b) => (a.activeAt < b.activeAt ? 1 : -1));
  return JSON.stringify({
    keys: byAge.map(({ kid, publicKeyPem }) => ({
      ...createPublicKey(publicKeyPem).export({ format: 'jwk' }),
      kid,
      use: 'sig',
      alg: 'EdDSA',
    })),
  });
};
