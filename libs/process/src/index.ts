export { assertTerm, type Candidate, lead, type Office, type Term, TermOver } from './leader.ts';
export * from './light.ts';
export { reachBus } from './reach-bus.ts';
export { requireSameSecret } from './same-secret.ts';
export { type Service, type ServiceLog, service } from './service.ts';
export type { Deps, ServiceConfig, ServiceConfigSchema, ServiceDefinition } from './service-definition.ts';
