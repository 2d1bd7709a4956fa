// The life of a process without a database or Nest: what an agent needs.
export { Closing } from './closing.ts';
export { ConfigInvalid, type ConfigSchema, configOf, type Environment, type Mistake, variable } from './config.ts';
export { type CheckReport, Health, type Probe, type ReadyReport } from './health.ts';
export { type HealthServer, serveHealth } from './health-server.ts';
export { NeverCame, patiently } from './patiently.ts';
export { type Host, type Prepared, type Program, type ProgramDefinition, program, type Running, type Surroundings } from './program.ts';
export { run, runAll, type Started, startAll } from './run.ts';
export { MasterSecret, type Purpose, type Secrets, secretsOf } from './secrets.ts';
export { databaseUrlOf, known, ProcessConfig, serviceVariables } from './variables.ts';
export { TimedOut, within } from './within.ts';
