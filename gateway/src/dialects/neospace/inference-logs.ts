import { inference, type OutputOf } from '@orrery/contracts';
import { z } from 'zod';
import type { Caller } from '../../access/caller.ts';
import { integer } from '../row.ts';
import { pageShown } from './pages.ts';
import { type Json, row } from './row.ts';

const failedFrom = 400;
const defaultPageSize = 20;
const mostItems = 500;
const furthest = 1_000_000;

const isSuccess = ({ status }: inference.LoggedRequest): boolean => status < failedFrom;

/** Clients that do not encode a query send the plus of an offset, and a space arrives. */
const moment = z.string().transform((text) => text.replace(/ (?=\d\d:\d\d$)/, '+'));

/** What is said with nothing in it is not said. */
const said = <S extends z.ZodType>(schema: S) => z.preprocess((text) => (text === '' ? undefined : text), schema.optional());

const filters = {
  start_date: said(moment),
  end_date: said(moment),
  user: said(z.string()),
  model: said(z.string()),
  type: said(inference.RequestKind),
  correlation_id: said(z.string()),
};
const Filters = z.object(filters);
type Filters = z.output<typeof Filters>;

const Page = z
  .object({
    ...filters,
    status: said(z.enum(['success', 'error'])),
    tag: said(z.string()),
    page: integer(z.int().min(1).max(furthest)).default(1),
    page_size: integer(z.int().min(1).max(mostItems)).default(defaultPageSize),
  })
  .refine(({ page, page_size: size }) => (page - 1) * size <= furthest, {
    path: ['page'],
    error: 'is too far: choose a later start_date or an earlier end_date',
  });

const names = {
  from: 'start_date',
  to: 'end_date',
  kind: 'type',
  correlationId: 'correlation_id',
};

/** Those who look from a space see what was asked there. */
const filtersIn = (
  { start_date: from, end_date: to, user, model, type: kind, correlation_id: correlationId }: Filters,
  { spaceId }: Caller,
) => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
  ...(user === undefined ? {} : { user }),
  ...(model === undefined ? {} : { model }),
  ...(kind === undefined ? {} : { kind }),
  ...(correlationId === undefined ? {} : { correlationId }),
  ...(spaceId === undefined ? {} : { spaceId }),
});

export const inferenceLog = (logged: inference.LoggedRequest): { readonly [name: string]: Json } => ({
  id: logged.requestId,
  // Whom the client named is who used it; found by either.
  user: logged.endUser ?? logged.userId,
  model: logged.model,
  type: logged.kind,
  status: isSuccess(logged) ? 'success' : 'error',
  tags: logged.tags,
  correlation_id: logged.correlationId,
  input_tokens: logged.input,
  output_tokens: logged.output,
  total_tokens: logged.input + logged.output,
  latency_ms: logged.durationMs,
  error: logged.error,
  created_at: logged.startedAt,
});

type Sums = OutputOf<typeof inference.SummarizeRequests>;

/** A part of all, between 0 and 1. */
const successRate = ({ succeeded, requests }: Sums): number => (requests === 0 ? 0 : succeeded / requests);

export const summary = (sums: Sums): { readonly [name: string]: Json } => ({
  avg_latency_ms: sums.averageMs,
  input_tokens: sums.input,
  model_usage: Object.fromEntries(
    sums.models.map(({ model, requests, input, output }) => [model, { calls: requests, tokens: input + output }]),
  ),
  output_tokens: sums.output,
  period_end_date: sums.to,
  period_start_date: sums.from,
  success_rate: successRate(sums),
  total_calls: sums.requests,
  total_tokens: sums.input + sums.output,
});

export const inferenceLogs = [
  row({
    method: 'GET',
    path: '/inference-logs',
    operations: [inference.ListRequestsCounted],
    query: Page,
    names,
    answer: async (to, { query: { status, tag, page, page_size: limit, ...same }, caller }) => {
      const offset = (page - 1) * limit;
      const { items, total } = await to.ask(inference.ListRequestsCounted, {
        ...filtersIn(same, caller),
        ...(status === undefined ? {} : { succeeded: status === 'success' ? 'true' : 'false' }),
        ...(tag === undefined ? {} : { tag }),
        limit,
        offset,
      });
      return pageShown(items, offset + items.length < total, inferenceLog);
    },
  }),
  row({
    method: 'GET',
    path: '/inference-logs/summary',
    operations: [inference.SummarizeRequests],
    query: Filters,
    names,
    answer: async (to, { query, caller }) => summary(await to.ask(inference.SummarizeRequests, filtersIn(query, caller))),
  }),
];
