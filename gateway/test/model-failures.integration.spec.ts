import { completes, resets } from '@orrery/testing';
import { type ModelWorld, model, startServingWorld } from './fixtures/models.ts';
import { refusing } from './fixtures/refusing-admission.ts';

const bodyLimit = 4_096;
const words = expect.stringMatching(/^\S.*\S$/s);

/** What goes wrong, and what is sent for that. */
const failures = ['no key', 'not allowed', 'not there', 'malformed', 'no credit', 'too often', 'too large', 'no JSON', 'failed'] as const;
type Failing = (typeof failures)[number];
const modelOf: Readonly<Partial<Record<Failing, string>>> = {
  'not allowed': 'acme/others',
  'not there': 'acme/none',
  'no credit': 'acme/dear',
  'too often': 'acme/busy',
};

type Shown = readonly [status: number, body: unknown];
type Shapes = Readonly<Record<Failing, Shown>>;

interface Api {
  readonly name: string;
  readonly pathOf: (model: string) => string;
  /** Fields beside the model. */
  readonly body: object;
  readonly modelMember?: string;
  readonly keyHeader?: string;
  readonly shapes: Shapes;
}

const openaiShapes = (isShared: boolean): Shapes => {
  const shown = (status: number, type: string, code: string, param: string | null = null): Shown => [
    status,
    { error: { message: words, type, param, code }, ...(isShared ? { detail: { error: { message: words, type } } } : {}) },
  ];
  return {
    'no key': shown(401, 'authentication_error', 'invalid_api_key'),
    'not allowed': shown(403, 'permission_error', 'model_not_found', 'model'),
    'not there': shown(404, 'invalid_request_error', 'model_not_found', 'model'),
    malformed: shown(400, 'invalid_request_error', 'malformed_json'),
    'no credit': shown(402, 'insufficient_quota', 'insufficient_quota'),
    'too often': shown(429, 'rate_limit_error', 'rate_limit_exceeded'),
    'too large': shown(413, 'invalid_request_error', 'request_too_large'),
    'no JSON': shown(415, 'invalid_request_error', 'unsupported_media_type'),
    failed: shown(502, 'connection_error', 'model_failed'),
  };
};

const shapesOf = (
  shown: (status: number, type: string) => unknown,
  types: Readonly<Record<Failing, string>>,
  statuses: Partial<Record<Failing, number>> = {},
): Shapes => {
  const usual: Readonly<Record<Failing, number>> = {
    'no key': 401,
    'not allowed': 403,
    'not there': 404,
    malformed: 400,
    'no credit': 402,
    'too often': 429,
    'too large': 413,
    'no JSON': 415,
    failed: 502,
  };
  const shape = (failing: Failing): Shown => {
    const status = statuses[failing] ?? usual[failing];
    return [status, shown(status, types[failing])];
  };
  // Each is there: they are made of all of them.
  return Object.fromEntries(failures.map((failing) => [failing, shape(failing)])) as Shapes;
};

const none: Readonly<Record<Failing, string>> = {
  'no key': '',
  'not allowed': '',
  'not there': '',
  malformed: '',
  'no credit': '',
  'too often': '',
  'too large': '',
  'no JSON': '',
  failed: '',
};
const messagesShapes = shapesOf((_, type) => ({ type: 'error', error: { type, message: words } }), {
  'no key': 'authentication_error',
  'not allowed': 'permission_error',
  'not there': 'not_found_error',
  malformed: 'invalid_request_error',
  'no credit': 'billing_error',
  'too often': 'rate_limit_error',
  'too large': 'request_too_large',
  'no JSON': 'invalid_request_error',
  failed: 'api_error',
});
const neospaceShapes = shapesOf(() => ({ error: words }), none);
const lyceumShapes: Shapes = {
  ...shapesOf(() => ({ detail: words }), none),
  malformed: [422, { detail: [{ type: 'json_invalid', loc: ['body'], msg: words }] }],
};
const deeplogixShapes = shapesOf((status, error) => ({ ok: false, error, message: words, status }), {
  'no key': 'Unauthorized',
  'not allowed': 'E_MODEL-FORBIDDEN',
  'not there': 'E_MODEL-NOT_FOUND',
  malformed: 'E_BODY-BAD_REQUEST',
  'no credit': 'Payment Required',
  'too often': 'Too Many Requests',
  'too large': 'Payload Too Large',
  'no JSON': 'Unsupported Media Type',
  failed: 'Bad Gateway',
});

const messages = [{ role: 'user', content: 'Hello' }];
const bodies = {
  'chat/completions': { messages },
  completions: { prompt: 'Hello' },
  embeddings: { input: 'Hello' },
  responses: { input: 'Hello' },
};
const bases = ['/v1', '/openai/v1', '/api/v2/external/serverless'];

const apis: readonly Api[] = [
  ...bases.flatMap((base) =>
    Object.entries(bodies).map(([path, body]) => ({
      name: `${base}/${path}`,
      pathOf: () => `${base}/${path}`,
      body,
      shapes: openaiShapes(base === '/v1'),
    })),
  ),
  ...bases.map((base) => ({
    name: `${base}/messages`,
    pathOf: () => `${base}/messages`,
    body: { messages, max_tokens: 5 },
    keyHeader: 'x-api-key',
    shapes: messagesShapes,
  })),
  ...(['chat/completions', 'completions'] as const).map((path) => ({
    name: `/v1/${path} of NeoSpace`,
    pathOf: () => `/v1/${path}`,
    body: bodies[path],
    keyHeader: 'x-neo-api-key',
    shapes: neospaceShapes,
  })),
  { name: '/chat/completions of Lyceum', pathOf: () => '/api/v2/external/chat/completions', body: { messages }, shapes: lyceumShapes },
  {
    name: '/sync/ of Lyceum',
    pathOf: () => '/api/v2/external/sync/',
    body: { input: { text: 'Hello' } },
    modelMember: 'model_id',
    shapes: lyceumShapes,
  },
  {
    name: '/model/{id}/chat of Deeplogix',
    pathOf: (named) => `/api/model/${encodeURIComponent(named)}/chat`,
    body: { message: 'Hello' },
    shapes: deeplogixShapes,
  },
];

describe('What goes wrong with a call of a model is told in the words of the API', () => {
  let models: ModelWorld;

  beforeAll(async () => {
    models = await startServingWorld(1, { admission: refusing, env: { ORRERY_INFERENCE_BODY_BYTES: String(bodyLimit) } });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    models.server.always(completes());
  });
  afterEach(() => models.isAtRest());

  const credentialFor = ({ keyHeader }: Api, failing: Failing): Record<string, string> => {
    // Who brings none is known by the header that the key would stand in.
    const shown = failing === 'no key' ? 'lk_none' : models.key;
    return keyHeader === undefined ? { authorization: `Bearer ${shown}` } : { [keyHeader]: shown };
  };

  const ask = async (api: Api, failing: Failing): Promise<Response> => {
    const named = modelOf[failing] ?? model;
    if (failing === 'failed') {
      // One that failed before is left alone for a while.
      await models.anew();
      models.server.next(resets);
    }
    const padding = failing === 'too large' ? { user: 'x'.repeat(bodyLimit) } : {};
    const text = JSON.stringify({ [api.modelMember ?? 'model']: named, ...api.body, ...padding });
    return await fetch(`${models.url}${api.pathOf(named)}`, {
      method: 'POST',
      headers: { 'content-type': failing === 'no JSON' ? 'text/plain' : 'application/json', ...credentialFor(api, failing) },
      body: failing === 'malformed' ? text.slice(0, -1) : text,
    });
  };

  const cases = apis.flatMap((api) => failures.map((failing) => ({ name: api.name, failing, api })));
  it.each(cases)('$name: $failing', async ({ api, failing }) => {
    const response = await ask(api, failing);
    expect([response.status, await response.json()]).toEqual(api.shapes[failing]);
    if (failing === 'too often') expect(response.headers.get('retry-after')).toBe('7');
  });
});
