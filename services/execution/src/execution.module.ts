import type { ModuleMetadata } from '@nestjs/common';
import { execution as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { addressOf, type Deps, databaseUrlOf, explained, lead, type Running, service } from '@orrery/process';
import { openPostgresStore } from '@orrery/telemetry-store';
import { AgentCredentials } from './application/agent-credentials.ts';
import { type AgentKey, insertAgentKey } from './application/agent-keys.ts';
import { AgentsHandler } from './application/agents.handler.ts';
import { AttemptOwners } from './application/attempt-owners.ts';
import { Beats } from './application/beats.ts';
import { creditConsumer, exhaustedConsumer } from './application/credit.consumer.ts';
import { environmentConsumer } from './application/environment/environment.consumer.ts';
import { EnvironmentHandler } from './application/environment/environment.handler.ts';
import { Environments } from './application/environment/environments.ts';
import { environmentOf, variableKeys } from './application/environment/variable-values.ts';
import { FollowHandler, Following } from './application/follow.handler.ts';
import { Household, householdOf } from './application/household.ts';
import { offersConsumer } from './application/offers.ts';
import { Revocations } from './application/revocations.ts';
import { RunWatch } from './application/run-watch.ts';
import { RunsHandler } from './application/runs.handler.ts';
import { Runs } from './application/runs.ts';
import { schedulerOffice, serveTerm } from './application/scheduler.office.ts';
import { ExplainHandler } from './application/scheduling/explain.handler.ts';
import { Names } from './application/scheduling/names.ts';
import { QueueHandler } from './application/scheduling/queue.handler.ts';
import { RulesHandler } from './application/scheduling/rules.handler.ts';
import { Rules } from './application/scheduling/rules.ts';
import { SchedulerLine } from './application/scheduling/scheduler-line.ts';
import { RulesWarnings } from './application/scheduling/warnings.ts';
import { closedConsumer, standingConsumer } from './application/standing.consumer.ts';
import { SubmissionLimits } from './application/submissions.ts';
import { Telemetry } from './application/telemetry.ts';
import { WorkersHandler } from './application/workers.handler.ts';
import { Workers } from './application/workers.ts';
import type { Patience } from './domain/leases/silence.ts';
import { ExecutionConfig } from './execution.config.ts';
import { executionTables } from './migrations/0001-execution.ts';
import { orgStandings } from './migrations/0002-org-standings.ts';
import { agentKeys } from './migrations/0003-agent-keys.ts';
import { variableValuesTable } from './migrations/0004-variable-values.ts';
import { decisionTerms } from './migrations/0005-decision-terms.ts';
import { schedulerMemory } from './migrations/0006-scheduler-memory.ts';
import { openAttempts, runAttempts } from './views/open-attempts.view.ts';
import { OriginsHandler } from './views/origins.handler.ts';
import { runList } from './views/run-list.view.ts';
import { RunReader } from './views/run-reader.ts';
import { runTallies } from './views/run-tallies.view.ts';
import { islandPromises, pools, priorityClasses, quotas, schedulerRules } from './views/scheduling.view.ts';
import { variables } from './views/variables.view.ts';
import { ViewsHandler } from './views/views.handler.ts';
import { WorkerReader } from './views/worker-reader.ts';
import { workers } from './views/workers.view.ts';

type ExecutionDeps = Deps<ExecutionConfig>;

const patienceOf = ({ leaseSeconds, silenceSeconds }: ExecutionConfig): Patience => ({
  leaseMs: leaseSeconds * 1_000,
  silenceMs: silenceSeconds * 1_000,
});

const telemetryOf = async ({ config, log, nats }: ExecutionDeps, owners: AttemptOwners): Promise<Telemetry> => {
  const url = databaseUrlOf('telemetry', { postgresUrl: config.postgresUrl, databaseUrl: config.telemetryUrl });
  const onFault = (err: unknown): void => log.warn({ err }, 'old telemetry could not be forgotten');
  const variable = config.telemetryUrl ? 'ORRERY_TELEMETRY_DATABASE_URL' : 'ORRERY_POSTGRES_URL';
  const store = await openPostgresStore({ url, onFault }).catch((error: unknown) => {
    throw explained({ title: 'PostgreSQL', address: addressOf(url), variable }, error);
  });
  return new Telemetry({ store, nats, owners, log });
};

const environmentsOf = ({ store, secrets }: ExecutionDeps): Environments => new Environments(store, secrets('variable-mac'));

const moduleOf = (deps: ExecutionDeps): ModuleMetadata => {
  const { store, nats, log, config, databaseUrl } = deps;
  const household = householdOf(store);
  const { runs, workers: machines } = household;
  const reader = new RunReader(store);
  const names = new Names(deps.bus, store);
  const owners = new AttemptOwners(store.pool);
  const beats = new Beats({ pool: store.pool, runs, workers: machines, log, patience: patienceOf(config) });
  const watch = new RunWatch(store, databaseUrl, log);
  const credentials = {
    natsUrl: config.agentNatsUrl ?? config.natsUrl,
    seed: config.accountSeed,
    ownCreds: config.natsCreds,
    lifeSeconds: config.credentialSeconds,
    keep: (key: AgentKey) => insertAgentKey(store.pool, key),
  };
  return {
    controllers: [
      RunsHandler,
      RulesHandler,
      ExplainHandler,
      QueueHandler,
      EnvironmentHandler,
      WorkersHandler,
      AgentsHandler,
      FollowHandler,
      OriginsHandler,
      ViewsHandler,
    ],
    providers: [
      { provide: EventStore, useValue: store },
      { provide: Household, useValue: household },
      { provide: Runs, useValue: runs },
      { provide: Workers, useValue: machines },
      { provide: Rules, useValue: new Rules(store) },
      { provide: Names, useValue: names },
      { provide: RulesWarnings, useValue: new RulesWarnings(store, names) },
      { provide: SchedulerLine, useValue: new SchedulerLine(deps.bus) },
      { provide: Environments, useValue: environmentsOf(deps) },
      { provide: Beats, useValue: beats },
      { provide: RunReader, useValue: reader },
      { provide: SubmissionLimits, useValue: new SubmissionLimits(config.maxNodes) },
      { provide: WorkerReader, useValue: new WorkerReader(store) },
      { provide: AgentCredentials, useFactory: () => AgentCredentials.open(credentials) },
      {
        provide: Revocations,
        useFactory: () => new Revocations({ pool: store.pool, log, natsUrl: config.natsUrl, revoker: config.revoker }),
      },
      { provide: Telemetry, useFactory: () => telemetryOf(deps, owners) },
      {
        provide: Following,
        inject: [Telemetry],
        useFactory: (telemetry: Telemetry) => new Following({ nats, logs: telemetry.store.logs, reader, owners, watch }),
      },
    ],
  };
};

const startOffice = ({ store, bus, log, config, databaseUrl }: ExecutionDeps): Running => {
  const serve = serveTerm({
    store,
    databaseUrl,
    bus,
    log,
    household: householdOf(store),
    patience: patienceOf(config),
    waitingMs: config.waitingSeconds * 1_000,
    programDays: config.programDays,
    envOf: (orgId) => environmentOf(store, orgId),
  });
  const candidate = lead({ url: databaseUrl, name: schedulerOffice, log, serve });
  return { stop: () => candidate.stop() };
};

export const execution = service({
  name: 'execution',
  config: ExecutionConfig,
  migrations: [executionTables, orgStandings, agentKeys, variableValuesTable, decisionTerms, schedulerMemory],
  events: [contracts.ExecutionEvents],
  sealed: [variableKeys],
  views: [
    runList,
    openAttempts,
    runAttempts,
    runTallies,
    variables,
    workers,
    quotas,
    priorityClasses,
    pools,
    islandPromises,
    schedulerRules,
  ],
  module: moduleOf,
  consumers: (deps) => [
    offersConsumer,
    creditConsumer,
    exhaustedConsumer(deps.store),
    standingConsumer,
    closedConsumer(deps.store),
    environmentConsumer(environmentsOf(deps)),
  ],
  start: startOffice,
});
