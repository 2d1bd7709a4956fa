export { SoftwareAuthenticator, type Twist } from './authenticator.ts';
export { codeOf, stepNow } from './authenticator-app.ts';
export { asOperator, asOwner, asService, contextOf, nobody } from './context.ts';
export { type Engine, startEngine } from './engine.ts';
export { eventually, type Patience } from './eventually.ts';
export { type StandInGpus, slicedA100, standInGpus } from './gpus.ts';
export { granted } from './granted.ts';
export { type Law, type LawOptions, lawsOf } from './laws.ts';
export {
  type Completion,
  completes,
  floods,
  halvesCharacter,
  ignores,
  type ModelUsage,
  refuses,
  resets,
  resetsAfter,
  resetsInHead,
  stallsAfter,
  streams,
} from './model-acts.ts';
export { type ModelServer, startModelServer } from './model-server.ts';
export type { ModelAct, ModelVisit } from './model-visit.ts';
export { type IssuerClaims, type OidcIssuer, signInAt, startIssuer } from './oidc-issuer.ts';
export { type FreshDatabase, freshDatabase } from './postgres.ts';
export { exportImage, importPython, pythonImage } from './python-image.ts';
export { type StoredSample, storedSamples } from './samples.ts';
export { startDocker, startNats, startPostgres, startRedis } from './servers.ts';
export { specify } from './specify.ts';
