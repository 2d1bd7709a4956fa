import { Models } from '../inference/admission/models.ts';
import { anthropic } from './anthropic/index.ts';
import { deeplogix } from './deeplogix/index.ts';
import { lmstack } from './lmstack/index.ts';
import { lyceum } from './lyceum/index.ts';
import { neospace } from './neospace/index.ts';
import { openai } from './openai/index.ts';

const publicUrl = 'http://x';
/** Names of fields are each API's own business. */
const formOf = (row: string): string => row.replace(/\{\w+\}/g, '{}').replace(/(?<=.)\/$/, '');
const mounted = new Set(
  [lyceum({ publicUrl }), neospace(), deeplogix({ publicUrl }), lmstack(), openai(new Models()), anthropic(new Models())]
    .flatMap(({ routes }) => routes)
    .map(({ method, path }) => formOf(`${method} ${path}`)),
);

const openaiCalls = ['chat/completions', 'completions', 'embeddings', 'responses'];
const at = (base: string, paths: readonly string[]): readonly string[] => paths.map((path) => `POST ${base}/${path}`);
const lists = (base: string): readonly string[] => [`GET ${base}/models`, `GET ${base}/models/{id}`];

/** What the published APIs have about models, calls of them, prices and the log of these calls. */
const published: Readonly<Record<string, readonly string[]>> = {
  Deeplogix: [
    'GET /api/public/catalog',
    'GET /api/public/catalog/{model_id}',
    'GET /api/public/providers',
    'GET /api/model/{model_id}',
    'POST /api/model/{model_id}/chat',
  ],
  Lyceum: [
    ...[
      'models/',
      'models/sync',
      'models/async',
      'models/type/{type}',
      'models/{id}',
      'models/{id}/instances',
      'pricing',
      'machine-types',
    ].map((path) => `GET /api/v2/external/${path}`),
    ...at('/api/v2/external', ['chat/completions', 'sync/', 'serverless/chat/completions']),
    ...at('/openai/v1', openaiCalls),
    ...lists('/openai/v1'),
  ],
  NeoSpace: [
    'GET /v1/models',
    ...at('/v1', ['chat/completions', 'completions']),
    'GET /v1/inference-logs',
    'GET /v1/inference-logs/summary',
  ],
  LMStack: [
    'GET /api/models',
    'POST /api/models',
    ...['GET', 'PATCH', 'DELETE'].map((method) => `${method} /api/models/{id}`),
    ...at('/v1', openaiCalls),
    ...lists('/v1'),
  ],
  Anthropic: ['/v1', '/openai/v1', '/api/v2/external/serverless'].flatMap((base) => at(base, ['messages', 'messages/count_tokens'])),
};

/** What there is beside these and is served by nothing yet. Whoever builds one takes it off this list. */
const missing: Readonly<Record<string, readonly string[]>> = {
  'needs models that are put on machines': [
    'POST /api/model/{model_id}/load',
    'POST /api/model/{model_id}/unload',
    'POST /api/deployments/{id}/chat',
    'POST /api/v2/external/inference/create',
    'GET /api/v2/external/inference/{deployment_id}',
    'POST /api/v2/external/inference/{deployment_id}/stop',
    'GET /api/v2/external/inference/streaming/stream/{inference_id}',
  ],
  'needs conversations that are kept': ['POST /v1/chats', 'GET /v1/chats', 'POST /v1/arguments', 'POST /v1/insights'],
  'needs instances': ['POST /api/v1/instances/{id}/chat'],
  'needs files and batches': ['POST /v1/files', 'POST /v1/batches'],
};

describe('Of what the published APIs have about models', () => {
  it.each(Object.entries(published).flatMap(([api, rows]) => rows.map((row) => [api, row] as const)))('%s: %s is served', (_, row) => {
    expect(mounted).toContain(formOf(row));
  });

  it.each(Object.entries(missing).flatMap(([why, rows]) => rows.map((row) => [row, why] as const)))('%s is not: it %s', (row) => {
    expect(mounted).not.toContain(formOf(row));
  });
});
