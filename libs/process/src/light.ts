// The life of a process without a database or Nest: what an agent needs.
export { cannotListen, type ListeningAt } from './cannot-listen.ts';
export { CannotStart } from './cannot-start.ts';
export { Closing } from './closing.ts';
export { complaintOf, type Target } from './complaint.ts';
export { ConfigInvalid, type ConfigSchema, configOf, type Environment, type Mistake, variable } from './config.ts';
export { type CheckReport, Health, type Probe, type ReadyReport } from './health.ts';
export { type HealthServer, serveHealth } from './health-server.ts';
export { NeverCame, patiently } from './patiently.ts';
export { type Host, type Prepared, type Program, type ProgramDefinition, program, type Running, type Surroundings } from './program.ts';
export { isPublicAddress } from './public-address.ts';
export { addressOf, explained, reach } from './reach.ts';
export { run, runAll, type Started, startAll } from './run.ts';
export { keksOf, MasterSecret, type Purpose, type Secrets, secretsOf } from './secrets.ts';
export { hostName, serverUrl } from './server-url.ts';
export { databaseUrlOf, known, nameOfDatabase, ProcessConfig, postgresUrl, serviceVariables } from './variables.ts';
export { TimedOut, within } from './within.ts';
