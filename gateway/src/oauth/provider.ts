import { identity } from '@orrery/contracts';
import { type AccessToken, type ClientCredentials, Provider } from 'oidc-provider';
import { type ConfigurationParts, configurationOf } from './configuration.ts';
import { granted } from './refused.ts';

export interface ProviderParts extends ConfigurationParts {
  readonly issuer: string;
}

/** What a token says to whoever lets it in. */
const claimsOf = (token: AccessToken | ClientCredentials, issuer: string, now: number): Readonly<Record<string, unknown>> => ({
  iss: issuer,
  aud: identity.tokenAudience,
  sub: 'accountId' in token ? token.accountId : token.clientId,
  client_id: token.clientId,
  scope: token.scope ?? '',
  jti: token.jti,
  ...('grantId' in token ? { gid: token.grantId } : {}),
  iat: now,
  exp: now + identity.oauthTokenSeconds,
});

/**
 * The provider of OAuth 2.0 and OpenID Connect. What it remembers is kept by identity. It knows its access tokens by their ids; what an
 * application gets is a token of ours, that every gateway lets in by itself.
 */
export const providerOf = ({ issuer, ...parts }: ProviderParts): Provider => {
  const { asker, key } = parts;
  const provider = new Provider(issuer, configurationOf(parts));
  // What comes through the gateway has had its headers put right: it says by which scheme people reach us.
  provider.proxy = true;
  for (const { prototype } of [provider.AccessToken, provider.ClientCredentials]) {
    const { save } = prototype;
    prototype.save = async function (this: AccessToken | ClientCredentials): Promise<string> {
      await save.call(this);
      return key.token(claimsOf(this, issuer, Math.floor(Date.now() / 1_000)));
    };
  }
  provider.Client.prototype.compareClientSecret = async function (secret: string): Promise<boolean> {
    const { isRight } = granted(await asker.ask(identity.VerifyOauthSecret, { appId: this.clientId, secret: secret.slice(0, 500) }));
    return isRight;
  };
  return provider;
};
