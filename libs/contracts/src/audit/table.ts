import { BillingEvents } from '../billing/events.ts';
import { CatalogEvents } from '../catalog/events.ts';
import { ExecutionEvents } from '../execution/events.ts';
import { InferenceEvents } from '../inference/events.ts';
import { type AuditFact, auditing, type Unaudited } from './fact.ts';
import { identityFacts } from './identity.ts';

const ofPlatform = { unaudited: 'the platform at work: nobody decided it' };
const end = { unaudited: 'how a run ended is its own history; that somebody ended it is told' };

const executionFacts = auditing(ExecutionEvents, {
  RunSubmitted: { action: 'run.submitted', target: ['run', 'runId'], details: ['machineType', 'programHash'] },
  RunEndRequested: { action: 'run.end_requested', target: ['run', 'runId'], details: ['mode'] },
  RunKeptWaiting: ofPlatform,
  RunPlaced: ofPlatform,
  RunStarted: ofPlatform,
  RunPreempted: ofPlatform,
  ReservationMade: ofPlatform,
  RunAttemptLost: ofPlatform,
  RunCompleted: end,
  RunFailed: end,
  RunSystemFailed: end,
  RunCancelled: end,
  RunAborted: end,
  VariableSet: { action: 'variable.set', target: ['variable', 'variableId'], details: ['isSecret', 'isNew'] },
  VariableRemoved: { action: 'variable.removed', target: ['variable', 'variableId'] },
  EnvironmentClosed: { unaudited: 'follows from the end of the organization, which is told' },
  JoinTokenCreated: { unaudited: 'keeps a hash; that a machine came with it is told' },
  WorkerJoined: { action: 'worker.joined', target: ['worker', 'workerId'], details: ['tokenId'] },
  WorkerRejoined: { action: 'worker.rejoined', target: ['worker', 'workerId'], details: ['tokenId'] },
  WorkerRemoved: { action: 'worker.removed', target: ['worker', 'workerId'] },
  WorkerFactsChanged: ofPlatform,
  WorkerLost: ofPlatform,
  WorkerReturned: ofPlatform,
  WorkerCordoned: { action: 'worker.cordoned', target: ['worker', 'workerId'] },
  WorkerDrainRequested: { action: 'worker.drain_requested', target: ['worker', 'workerId'], details: ['endsAt'] },
  WorkerUncordoned: { action: 'worker.uncordoned', target: ['worker', 'workerId'] },
  WorkerLabelled: { action: 'worker.labelled', target: ['worker', 'workerId'], details: ['labels', 'pool', 'rack'] },
  QuotaSet: {
    action: 'quota.set',
    target: ['quota', 'node'],
    details: ['parent', 'weight', 'guaranteedMilli', 'limitMilli', 'highestClass'],
  },
  QuotaRemoved: { action: 'quota.removed', target: ['quota', 'node'] },
  PriorityClassSet: { action: 'priority_class.set', target: ['priority-class', 'name'], details: ['rank'] },
  PriorityClassRemoved: { action: 'priority_class.removed', target: ['priority-class', 'name'] },
  PoolSet: { action: 'pool.set', target: ['pool', 'name'], details: ['policy'] },
  PoolRemoved: { action: 'pool.removed', target: ['pool', 'name'] },
  IslandsPromised: { action: 'islands.promised', target: ['org', 'orgId'], details: ['model', 'size', 'count'] },
  SchedulerRulesSet: { action: 'scheduler_rules.set', details: ['policy', 'maxPreemptions', 'minRunMs', 'graceMs'] },
});

const billingFacts = auditing(BillingEvents, {
  AccountOpened: ofPlatform,
  CreditGranted: { action: 'credit.granted', target: ['org', 'orgId'], details: ['kind', 'amount', 'transactionId'] },
  UsageCharged: { unaudited: 'a bill has its own trail' },
  InferenceCharged: { unaudited: 'a bill has its own trail' },
  CreditExhausted: { action: 'credit.exhausted', target: ['org', 'orgId'] },
  CreditRestored: { action: 'credit.restored', target: ['org', 'orgId'] },
});

const catalogFacts = auditing(CatalogEvents, {
  ProviderRegistered: { action: 'provider.registered', target: ['provider', 'provider'] },
  ProviderChanged: { action: 'provider.changed', target: ['provider', 'provider'] },
  ProviderRetired: { action: 'provider.retired', target: ['provider', 'provider'] },
  ModelRegistered: { action: 'model.registered', target: ['model', 'modelId'], details: ['name', 'aliases'] },
  ModelChanged: { action: 'model.changed', target: ['model', 'modelId'], details: ['name', 'aliases'] },
  ModelWentLive: { action: 'model.went_live', target: ['model', 'modelId'], details: ['name'] },
  ModelWentOffline: { action: 'model.went_offline', target: ['model', 'modelId'], details: ['name'] },
  ModelRetired: { action: 'model.retired', target: ['model', 'modelId'], details: ['name'] },
  MachineTypePublished: { action: 'machine_type.published', target: ['machine-type', 'name'] },
  MachineTypeRetired: { action: 'machine_type.retired', target: ['machine-type', 'name'] },
  PriceBookPublished: { action: 'price_book.published', details: ['effectiveAt'] },
});

const inferenceFacts = auditing(InferenceEvents, {
  UpstreamSet: { action: 'upstream.set', target: ['upstream', 'name'], details: ['kind', 'baseUrl', 'credentialVersion'] },
  UpstreamRemoved: { action: 'upstream.removed', target: ['upstream', 'name'] },
  RouteSet: { action: 'route.set', target: ['route', 'name'], details: ['models', 'targets', 'fallbacks'] },
  RouteRemoved: { action: 'route.removed', target: ['route', 'name'] },
  UsageLimitSet: { action: 'usage_limit.set', target: ['org', 'orgId'], details: ['by', 'thing', 'limits'] },
  InferenceSettingsSet: { action: 'inference_settings.set', target: ['org', 'orgId'], details: ['settings'] },
  UsageSettled: { unaudited: 'a bill has its own trail' },
  UsageDiffered: ofPlatform,
});

/** Every event that a log may hold, and how the audit trail tells it or why it does not. An event that is missing does not compile. */
export const auditTable: Readonly<Record<string, AuditFact | Unaudited>> = {
  ...identityFacts,
  ...executionFacts,
  ...billingFacts,
  ...catalogFacts,
  ...inferenceFacts,
};

/** The events that are told, by their types. */
export const auditFacts: ReadonlyMap<string, AuditFact> = new Map(
  Object.entries(auditTable).flatMap(([type, entry]) => ('action' in entry ? [[type, entry] as const] : [])),
);

export const auditFactOf = (type: string): AuditFact | undefined => auditFacts.get(type);
