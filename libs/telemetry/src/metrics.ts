import { counter, gauge, histogram, seconds } from './instruments.ts';

/** The scales that OpenTelemetry's conventions for generative AI advise; calls of models may take longer than those end. */
const callSeconds = {
  unit: 's',
  boundaries: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 655.36],
};
const firstTokenSeconds = {
  unit: 's',
  boundaries: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30],
};
const tokenSeconds = {
  unit: 's',
  boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
};
const tokens = { unit: '{token}', boundaries: Array.from({ length: 14 }, (_, power) => 4 ** power) };
type Call = 'gen_ai.operation.name' | 'gen_ai.provider.name' | 'gen_ai.request.model';

/**
 * Every instrument of Orrery, under the name it has on `/metrics`, over OTLP and in the dashboards of `infra/`.
 * Labels are bounded words (a service, an operation, an outcome), never an id of a run, a user or an organization.
 */
export const metrics = {
  http: seconds<'method' | 'route' | 'status'>('orrery_http_seconds', 'Time to answer an HTTP request'),
  /** `event`: `open` and `closed` count, so that their difference is what is open now. */
  eventStreams: counter<'event'>('orrery_http_event_streams_total', 'Streams of server-sent events that were opened and closed'),
  /** `by`: `redis`, `memory` where it was known to refuse still, or `local` while Redis does not answer. `outcome`: `allowed` or `limited`; then `bucket` says whose allowance was used up. */
  rateLimited: counter<'class' | 'by' | 'outcome' | 'bucket'>(
    'orrery_rate_limit_decisions_total',
    'Requests that were judged by the rate limiter',
  ),
  rateLimitAlone: gauge('orrery_rate_limit_alone', 'One while a gateway limits by itself, because Redis does not answer'),
  /** `outcome`: `told`, `failed` (and tried again), or `dropped`, where there were too many to remember. */
  keyUses: counter<'outcome'>('orrery_key_uses_total', 'Keys whose last use a gateway had to tell'),
  /** `path`: how a secret was shown. `outcome`: `succeeded`, `failed`, or `refused` without a look. */
  tries: counter<'path' | 'outcome'>('orrery_identity_tries_total', 'Secrets that were shown to identity, and what came of it'),
  /** `outcome`: `told` as events, or `dropped` where there were too many at once or the log took none. */
  failedTries: counter<'outcome'>('orrery_identity_failed_tries_total', 'Wrong secrets that were shown for somebody, for the audit trail'),
  /** `outcome`: `sent`, `failed` and tried again, `given-up`, or `kept` where there is nothing to send with. */
  letters: counter<'outcome'>('orrery_identity_letters_total', 'E-mail that was taken by a mail server, or was not'),
  /** `outcome`: `accepted` or `refused`; `unavailable`, `deadline` or `fault`; `shed`, `expired` or `cancelled`. */
  rpcClient: seconds<'service' | 'operation' | 'outcome'>('orrery_rpc_client_seconds', 'Time until a request over the bus was answered'),
  rpcServer: seconds<'service' | 'operation' | 'outcome'>('orrery_rpc_server_seconds', 'Time a service took for a request'),

  /** `outcome`: `committed`, `conflict`, `repeated` or `failed`. */
  append: seconds<'service' | 'outcome'>('orrery_append_seconds', 'Time to commit an append to the log'),
  appended: counter<'service'>('orrery_appended_events_total', 'Events appended to the log'),
  relayLag: gauge<'service'>('orrery_relay_lag_seconds', 'Age of the oldest event that is not yet published'),
  relayLagEvents: gauge<'service'>('orrery_relay_lag_events', 'Events that are not yet published'),
  relayed: counter<'service'>('orrery_relayed_events_total', 'Events published and acknowledged'),
  /** `outcome`: `done`, `repeated`, `retried` or `dead`. */
  consumed: counter<'service' | 'consumer' | 'outcome'>('orrery_consumed_events_total', 'Deliveries handled by a consumer'),
  delivery: seconds<'service' | 'consumer'>('orrery_delivery_seconds', 'From the commit of an event to its effect in another service'),
  consumerLag: gauge<'service' | 'consumer'>('orrery_consumer_lag_events', 'Events a consumer has not handled yet'),
  auditMissing: gauge<'service'>('orrery_audit_missing_events', 'Events of the log that the last audit did not find in the stream'),
  deadLetters: counter<'service' | 'consumer'>('orrery_dead_letters_total', 'Events given up and set aside for an operator'),
  projected: counter<'service' | 'view'>('orrery_projected_events_total', 'Events folded into a view'),
  projectionLag: gauge<'service' | 'view'>('orrery_projection_lag_events', 'Events a view that follows the log has not folded yet'),

  queueLength: gauge<'service'>('orrery_scheduler_queue_length', 'Requests waiting for a place'),
  /** Fewer than `orrery_workers` has online: the scheduler has not heard of some yet, or cannot use them. */
  openWorkers: gauge<'service'>('orrery_scheduler_workers', 'Machines on which the scheduler would place something'),
  /** `outcome`: `placed` or `refused`. */
  placements: counter<'service' | 'outcome'>('orrery_scheduler_decisions_total', 'Decisions of the scheduler'),
  placement: seconds<'service'>('orrery_scheduler_decision_seconds', 'Time of one decision of the scheduler'),
  preemptions: counter<'service' | 'reason'>('orrery_scheduler_preemptions_total', 'Runs that were told to give their place back'),
  reservations: counter<'service' | 'reason'>('orrery_scheduler_reservations_total', 'Machines kept for runs that wait'),
  queued: seconds<'service'>('orrery_scheduler_queued_seconds', 'From submission to placement'),
  attemptsLost: counter<'service' | 'reason'>('orrery_attempts_lost_total', 'Attempts whose machine or lease was lost'),
  runs: gauge<'service' | 'status'>('orrery_runs', 'Runs that have not ended, by status'),
  runsEnded: counter<'service' | 'status'>('orrery_runs_ended_total', 'Runs that ended, by how'),
  workers: gauge<'service' | 'state'>('orrery_workers', 'Machines, by state'),

  heartbeats: counter<'outcome'>('orrery_agent_heartbeats_total', 'Heartbeats an agent sent'),
  reports: counter<'report' | 'outcome'>('orrery_agent_reports_total', 'Reports an agent sent'),
  attempts: gauge<'state'>('orrery_agent_attempts', 'Attempts an agent holds'),
  spool: gauge('orrery_agent_spool_bytes', 'Output an agent keeps until it is acknowledged'),

  /** `outcome`: `answered`, `refused`, `left` by the client, or `failed`. */
  engine: seconds<'route' | 'outcome'>('orrery_engine_seconds', 'Time an engine took for a request, to the last byte'),
  /** `kind`: `prompt`, `cached` where they were known from a request before, or `completion`. */
  engineTokens: counter<'kind'>('orrery_engine_tokens_total', 'Tokens that an engine read and wrote'),

  telemetryIngested: counter<'service' | 'kind'>('orrery_telemetry_ingested_total', 'Log lines and samples taken into the telemetry store'),
  ledgerDifferences: gauge<'service'>('orrery_ledger_differences', 'Balances that are not the sum of their entries'),
  /** `code` as callers hear it; `of`: whose limit it was, where it was one. */
  modelRefusals: counter<'code' | 'of'>('orrery_model_refusals_total', 'Calls of models that were not let in'),
  /** `did`: `masked` or `blocked`; `stage`: of the request or of its answer. */
  guardrails: counter<'did' | 'stage'>('orrery_guardrails_total', 'What guardrails of organizations did'),
  /** `verdict`: `allow`, `block` or `replace`; `none` where none came in time. */
  guardrailVerdicts: counter<'verdict'>('orrery_guardrail_verdicts_total', 'What guardrails said that are asked over HTTP'),
  /** `outcome`: `kept` in Redis or held in `memory` when a request ended; `told` to JetStream; `failed` and tried again; `lost` where a process ended with it. */
  usageRecords: counter<'outcome'>('orrery_usage_records_total', 'What requests for inference came to, on its way into the inference log'),
  /** Under the names of OpenTelemetry's conventions for generative AI. Where a call did not end well, `error.type` says why. */
  modelCalls: histogram<Call>('gen_ai.client.operation.duration', 'Time a call of a model took, to its last byte', callSeconds),
  /** `gen_ai.token.type`: `input` or `output`. */
  modelTokens: histogram<Call | 'gen_ai.token.type'>('gen_ai.client.token.usage', 'Tokens of a call of a model, as charged', tokens),
  firstToken: histogram<Call>('gen_ai.server.time_to_first_token', 'Time to the first byte of a stream', firstTokenSeconds),
  betweenTokens: histogram<Call>('gen_ai.server.time_per_output_token', 'Time from one token of a stream to the next', tokenSeconds),
  inferenceCost: counter<'model' | 'provider' | 'currency'>(
    'orrery_inference_cost_total',
    'What calls of models cost, in units of the currency',
  ),
  usageUntold: gauge('orrery_usage_untold', 'Records that this gateway holds in memory until JetStream takes them'),
  /** `outcome`: `hit`, `miss`, or `kept` for the next one. */
  cachedAnswers: counter<'outcome'>(
    'orrery_inference_cache_total',
    'Requests to models that might be answered with what was answered before',
  ),
  /** `outcome`: an `answer` or a `failure` was given again, or only its charge is known (`spent`); `other` request, still `busy`, `unknown` without Redis; kept `late`. */
  keyedRequests: counter<'outcome'>(
    'orrery_inference_keyed_total',
    'Requests with an Idempotency-Key that was used before, or cannot be kept',
  ),
  /** `outcome`: `settled`, or `unreadable` where what was noted says too little. */
  inferenceLost: counter<'outcome'>('orrery_inference_lost_total', 'Requests that nobody settled in time, found and settled as estimated'),
  /** `outcome`: `settled`; `repeated` where it was known; or `refused`, where it cannot be read and an operator must look. */
  usageTaken: counter<'outcome'>('orrery_usage_taken_total', 'What requests for inference came to, as the inference log took it'),
  /** `outcome`: `told` by a gateway, `dropped` where there was no room or nobody took it; `stored`, `unwished` where its organization wants it no more, or `unreadable`. */
  inferenceContent: counter<'outcome'>(
    'orrery_inference_content_total',
    'Requests whose words are logged, on their way into the inference log',
  ),
  /** `what`: `content`, lines of the log (`logged`), or requests kept for the bill alone (`unlogged`). */
  inferenceForgotten: counter<'what'>('orrery_inference_forgotten_total', 'What was deleted of requests because it was kept long enough'),
  usageCompared: counter<'between'>(
    'orrery_usage_compared_total',
    'Settlements and minutes of which limits, usage and ledger were compared',
  ),
  usageDifferences: counter<'between'>('orrery_usage_differences_total', 'Limits, usage and ledger that did not agree'),
  ready: gauge<'service' | 'check'>('orrery_ready', 'One where a check of readiness holds, zero where it does not'),
} as const;
