import { randomBytes } from 'node:crypto';
import type { identity } from '@orrery/contracts';
import type { ClientMetadata } from 'oidc-provider';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** Secrets are compared by identity; what the provider holds in their place fits nobody. */
const noSecret = randomBytes(32).toString('hex');

/** An application in the words of the protocol. */
export const metadataOf = ({ id, kind, name, redirectUris, scopes }: identity.AppSnapshot): ClientMetadata => {
  const shared = { client_id: id, client_name: name, scope: scopes.join(' '), id_token_signed_response_alg: 'EdDSA' } as const;
  const codes = redirectUris.length > 0;
  switch (kind) {
    case 'web':
      return {
        ...shared,
        application_type: 'web',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [...redirectUris],
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: noSecret,
      };
    case 'native':
      return {
        ...shared,
        application_type: 'native',
        grant_types: [...(codes ? ['authorization_code'] : []), 'refresh_token', deviceGrant],
        response_types: codes ? ['code'] : [],
        redirect_uris: [...redirectUris],
        token_endpoint_auth_method: 'none',
      };
    case 'service':
      return {
        ...shared,
        application_type: 'web',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: noSecret,
      };
  }
};
