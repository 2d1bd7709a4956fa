import { identity } from '@orrery/contracts';
import { ProvenTokens } from '../proven-token.ts';

/** Secrets of applications. */
export class AppSecrets extends ProvenTokens<typeof identity.OauthAppId> {
  constructor(macKey: Buffer) {
    super(macKey, 'oauth-app', identity.OauthAppId);
  }
}
