import { type inference, nanosPerUnit, parseNanos } from '@orrery/contracts';
import { type LateSpan, metrics, SpanKind } from '@orrery/telemetry';
import type { Question } from '../forward/question.ts';
import { Labels, operations, providerOf } from './labels.ts';

type Record = inference.UsageRecord;

export interface Call {
  readonly record: Record;
  readonly question: Pick<Question, 'model' | 'maxOutput' | 'choices'>;
  /** Of the request. */
  readonly span: LateSpan;
}

const labels = new Labels();

const well: ReadonlySet<inference.Outcome> = new Set(['finished', 'answered-from-the-cache']);

/** A code, or how it ended where there was none; undefined where it ended well. */
const errorIn = ({ error, outcome }: Record): string | undefined => error ?? (well.has(outcome) ? undefined : outcome);

/** Seconds from one token of a stream to the next; undefined where there were not two. */
const betweenTokens = ({ isStreaming, output, firstByteMs, durationMs }: Record): number | undefined =>
  isStreaming && output > 1 && firstByteMs !== null ? (durationMs - firstByteMs) / (output - 1) / 1_000 : undefined;

const measure = (record: Record): void => {
  const { plain, input, output } = labels.of(record);
  const error = errorIn(record);
  metrics.modelCalls.record(record.durationMs / 1_000, error === undefined ? plain : labels.failed(record, error));
  if (record.firstByteMs === null) return;
  if (record.input > 0) metrics.modelTokens.record(record.input, input);
  if (record.output > 0) metrics.modelTokens.record(record.output, output);
  // The first byte of what is no stream is its last, nearly.
  if (record.isStreaming) metrics.firstToken.record(record.firstByteMs / 1_000, plain);
  const between = betweenTokens(record);
  if (between !== undefined && error === undefined) metrics.betweenTokens.record(between, plain);
};

const price = ({ cost, currency, model, upstream }: Record): void => {
  const nanos = parseNanos(cost);
  if (nanos === 0n) return;
  metrics.inferenceCost.add(Number(nanos) / Number(nanosPerUnit), { model, provider: providerOf({ upstream }), currency });
};

/** Only what is known without reading more of the request or the answer than was read: no temperature, no reason why it ended. */
const attributesOf = ({ record, question }: Call) => ({
  'gen_ai.operation.name': operations[record.kind],
  'gen_ai.provider.name': providerOf(record),
  'gen_ai.request.model': question.model,
  'gen_ai.response.model': record.model,
  'gen_ai.request.max_tokens': question.maxOutput,
  'gen_ai.request.choice.count': question.choices === 1 ? undefined : question.choices,
  'gen_ai.usage.input_tokens': record.input,
  'gen_ai.usage.output_tokens': record.output,
  'gen_ai.usage.cache_read.input_tokens': record.cached === 0 ? undefined : record.cached,
  'orrery.first_byte_ms': record.firstByteMs ?? undefined,
  'orrery.request_id': record.requestId,
  'orrery.outcome': record.outcome,
  'orrery.attempts': record.attempts,
  'orrery.is_estimated': record.isEstimated,
  'orrery.cost': record.cost,
  'orrery.currency': record.currency,
  'orrery.org_id': record.orgId,
  'error.type': errorIn(record),
});

const trace = (call: Call): void => {
  const { record, span } = call;
  if (!span.isTold) return;
  const startedAt = Date.parse(record.startedAt);
  span.child({
    name: `${operations[record.kind]} ${record.model}`,
    kind: SpanKind.CLIENT,
    attributes: attributesOf(call),
    startedAt,
    endedAt: startedAt + record.durationMs,
    hasFailed: errorIn(record) !== undefined,
  });
};

/** Told once, when a request that was let in is over: nothing is measured while it goes on. What never left for a model is no call of one. */
export const observeCall = (call: Call): void => {
  const { record } = call;
  if (record.attempts === 0) return;
  measure(record);
  price(record);
  // Where nothing is to be logged of single requests, no span tells of one.
  if (record.isLogged) trace(call);
};
