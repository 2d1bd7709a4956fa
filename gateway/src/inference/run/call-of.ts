import { inference, newId } from '@orrery/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PaidRoute } from '../../dialect.ts';
import { exchangeOf } from '../../edge/exchange.ts';
import { endUserIn } from '../forward/end-user.ts';
import { questionIn } from '../forward/question.ts';
import { tagsIn } from '../forward/tags.ts';
import { failureFrame } from '../shapes/failure-frame.ts';
import type { Asker } from './record.ts';
import type { RunCall } from './run-call.ts';
import type { RunParts } from './run-parts.ts';
import { nameRequest } from './told-headers.ts';

/** Throws `Failed` where it is no request for a model. */
export const callOf = (
  { client, dialect, path, modelField, modelMember }: PaidRoute,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { orgSettings }: Pick<RunParts, 'orgSettings'>,
): RunCall => {
  const exchange = exchangeOf(request);
  if (!exchange) throw new TypeError('a route was reached past the hook that begins every request');
  const { body, headers, params } = request;
  const named = modelField === undefined ? undefined : String(Reflect.get(Object(params), modelField));
  const given = headers['x-request-id'];
  const requestId = newId(inference.RequestId);
  nameRequest(reply, requestId, client);
  const question = questionIn(Buffer.isBuffer(body) ? body : Buffer.alloc(0), { named, modelMember });
  const asker: Asker = {
    requestId,
    caller: exchange.caller,
    client,
    dialect,
    route: path,
    traceId: exchange.traceId,
    logging: orgSettings.of(exchange.caller.orgId ?? '').logging,
    correlationId: given === request.id ? request.id : undefined,
    endUser: endUserIn(question, client),
    tags: tagsIn(question),
  };
  return {
    asker,
    question,
    headers,
    traceparent: exchange.traceparent,
    span: exchange.span,
    response: reply.raw,
    takeOver: () => {
      const set = reply.getHeaders();
      reply.hijack();
      return set;
    },
    announce: (told) => void reply.headers(told),
    onReserving: () => {
      exchange.isReserved = true;
    },
    frameOf: ({ failure }) => failureFrame(client, failure),
    taps: [],
  };
};
