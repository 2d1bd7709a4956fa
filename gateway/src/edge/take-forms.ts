import type { FastifyInstance, FastifyRequest } from 'fastify';
import { edgeFailure, Failed } from '../failure.ts';

const form = 'application/x-www-form-urlencoded';
const asBytes = async (_request: FastifyRequest, body: Buffer): Promise<Buffer> => body;
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const notForm = (): Failed => new Failed(edgeFailure('UnsupportedMediaType', { details: { reason: `The body must be ${form}.` } }));

/** A body that says it is something else; none at all is an empty form. */
export const assertForm = ({ headers: { 'content-type': type } }: FastifyRequest): void => {
  if (type !== undefined && type.split(';', 1)[0]?.trim().toLowerCase() !== form) throw notForm();
};

/** Routes of pages: their bodies are forms and shorter than those of the APIs, and whoever sends another one is told what they take. */
export const takeForms = (scope: FastifyInstance, limit: number, types: '*' | 'forms'): void => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(types === '*' ? '*' : form, { parseAs: 'buffer', bodyLimit: limit }, asBytes);
  scope.setErrorHandler((error) => {
    if (codeOf(error) === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') throw notForm();
    if (codeOf(error) !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error;
    throw new Failed(edgeFailure('PayloadTooLarge', { details: { limit }, headers: { connection: 'close' } }), { cause: error });
  });
};
