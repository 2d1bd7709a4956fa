export { SoftwareAuthenticator, type Twist } from './authenticator.ts';
export { asOperator, asOwner, asService, contextOf, nobody } from './context.ts';
export { eventually, type Patience } from './eventually.ts';
export { type Law, type LawOptions, lawsOf } from './laws.ts';
export { type IssuerClaims, type OidcIssuer, signInAt, startIssuer } from './oidc-issuer.ts';
export { type FreshDatabase, freshDatabase } from './postgres.ts';
export { type StoredSample, storedSamples } from './samples.ts';
export { startNats, startPostgres, startRedis } from './servers.ts';
export { specify } from './specify.ts';
