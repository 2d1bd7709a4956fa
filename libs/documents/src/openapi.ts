import { type Operation, operations, serviceOf } from '@orrery/contracts';
import { problemSchema } from './problem.ts';
import { isObject, type Json, type JsonSchema, SchemaBook } from './schema.ts';

const base = '/orrery/v1';

/** What any call may meet, beside the refusals of its contract. */
const common: Readonly<Record<number, readonly string[]>> = {
  400: ['InvalidInput', 'MalformedRequest'],
  429: ['RateLimited'],
  500: ['Fault'],
  503: ['ServiceUnavailable', 'Overloaded'],
  504: ['DeadlineExceeded'],
};
const authenticated: Readonly<Record<number, readonly string[]>> = { 401: ['Unauthenticated'], 403: ['Forbidden'] };
const withBody: Readonly<Record<number, readonly string[]>> = { 413: ['PayloadTooLarge'], 415: ['UnsupportedMediaType'] };
const deduplicated: Readonly<Record<number, readonly string[]>> = { 422: ['IdempotencyKeyReused'] };

const codesByStatus = (operation: Operation, hasBody: boolean): ReadonlyMap<number, readonly string[]> => {
  const codes = new Map<number, string[]>();
  const add = (known: Readonly<Record<number, readonly string[]>>): void => {
    for (const [status, names] of Object.entries(known)) codes.set(Number(status), [...(codes.get(Number(status)) ?? []), ...names]);
  };
  for (const [code, status] of Object.entries(operation.refusals)) add({ [status]: [code] });
  add(common);
  if (operation.access !== 'public') add(authenticated);
  if (operation.kind === 'command') add(deduplicated);
  if (hasBody) add(withBody);
  return new Map([...codes].sort(([a], [b]) => a - b));
};

const problemAnswers = (operation: Operation, hasBody: boolean): Record<string, Json> =>
  Object.fromEntries(
    [...codesByStatus(operation, hasBody)].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\``).join(', '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );

interface Fields {
  readonly properties: Readonly<Record<string, Json>>;
  readonly required: readonly string[];
}

const fieldsOf = (operation: Operation, schema: JsonSchema): Fields => {
  const { properties, required } = schema;
  if (!isObject(properties))
    throw new TypeError(`the input of ${operation.subject} must be an object to be spread over path, query and body`);
  return { properties, required: Array.isArray(required) ? required.map(String) : [] };
};

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Repeating a call with the same key and the same body has its effect once, and answers as the first time.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};
const lastEventId: Json = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'Go on after the item with this id.',
  schema: { type: 'string' },
};
const orgSlug: Json = {
  name: 'X-Org-Slug',
  in: 'header',
  required: false,
  description: 'The organization to act in, for people who are in several; a key acts in its own.',
  schema: { $ref: '#/components/schemas/OrgSlug' },
};

const headersOf = (operation: Operation): Json[] => [
  ...(operation.kind === 'command' ? [idempotencyKey] : []),
  ...(operation.resume ? [lastEventId] : []),
  ...(operation.access.includes(':') ? [orgSlug] : []),
];

const successOf = (operation: Operation, book: SchemaBook): Record<string, Json> => {
  const schema = book.of(operation.output, 'output');
  if (operation.kind === 'stream') {
    const description = 'Server-sent events: one item a `data:` line, then `event: end`';
    return { '200': { description, content: { 'text/event-stream': { itemSchema: schema, schema: { type: 'string' } } } } };
  }
  return { [operation.created ? '201' : '200']: { description: operation.summary, content: { 'application/json': { schema } } } };
};

const describe = (name: string, operation: Operation, { method, path, book }: { method: string; path: string; book: SchemaBook }): Json => {
  const { properties, required } = fieldsOf(operation, book.of(operation.input, 'input'));
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, field]) => String(field)));
  const rest = Object.entries(properties).filter(([field]) => !inPath.has(field));
  const hasBody = method !== 'get' && method !== 'delete' && rest.length > 0;
  const parameter = (field: string, where: 'path' | 'query'): Json => ({
    name: field,
    in: where,
    required: where === 'path' || required.includes(field),
    schema: properties[field] ?? {},
  });
  const needed = required.filter((field) => !inPath.has(field));
  const body: Json = {
    type: 'object',
    properties: Object.fromEntries(rest),
    ...(needed.length > 0 ? { required: needed } : {}),
    additionalProperties: false,
  };
  return {
    operationId: name,
    summary: operation.summary,
    tags: [serviceOf(operation)],
    'x-access': operation.access,
    ...(operation.access === 'public' ? { security: [] } : {}),
    parameters: [
      ...[...inPath].map((field) => parameter(field, 'path')),
      ...(hasBody ? [] : rest.map(([field]) => parameter(field, 'query'))),
      ...headersOf(operation),
    ],
    ...(hasBody ? { requestBody: { required: needed.length > 0, content: { 'application/json': { schema: body } } } } : {}),
    responses: { ...successOf(operation, book), ...problemAnswers(operation, hasBody) },
  };
};

/** Whoever takes a file does not page. */
const ofPages: ReadonlySet<string> = new Set(['limit', 'cursor']);

const describeFile = (name: string, operation: Operation, { path, book }: { path: string; book: SchemaBook }): Json => {
  const { formats } = operation.file ?? { formats: {} };
  const { properties } = fieldsOf(operation, book.of(operation.input, 'input'));
  const parameters = Object.entries(properties).flatMap(([field, schema]) => {
    const isInPath = path.includes(`{${field}}`);
    return ofPages.has(field) ? [] : [{ name: field, in: isInPath ? 'path' : 'query', required: isInPath, schema }];
  });
  const [usual = ''] = Object.keys(formats);
  const format: Json = { name: 'format', in: 'query', required: false, schema: { enum: Object.keys(formats), default: usual } };
  const content = Object.fromEntries(Object.values(formats).map((type) => [type, { schema: { type: 'string' } }]));
  return {
    operationId: `${name}AsFile`,
    summary: `${operation.summary}: all of it, as a file`,
    tags: [serviceOf(operation)],
    'x-access': operation.access,
    parameters: [...parameters, format, ...headersOf(operation)],
    responses: {
      '200': { description: 'A line an entry', content },
      ...problemAnswers({ ...operation, refusals: { ...operation.refusals, TooManyExports: 429 } }, false),
    },
  };
};

/** OpenAPI 3.1 of the platform's own API, read off the contracts. */
export const openApi = (from: Readonly<Record<string, Operation>> = operations): Json => {
  const book = new SchemaBook('#/components/schemas/');
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, operation] of Object.entries(from)) {
    const [verb, path] = operation.http?.split(' ') ?? [];
    if (verb === undefined || path === undefined) continue;
    const method = verb.toLowerCase();
    paths[path] = { ...paths[path], [method]: describe(name, operation, { method, path, book }) };
    const file = operation.file?.http.replace('GET ', '');
    if (file !== undefined) paths[file] = { ...paths[file], get: describeFile(name, operation, { path: file, book }) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Orrery',
      version: '1',
      summary: 'A self-hostable, event-sourced control plane for GPU clouds and AI inference',
      description:
        'Generated from the contracts. Commands accept `Idempotency-Key`; lists are pages with a cursor; errors are RFC 9457 problems.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: base }],
    security: [{ bearer: [] }],
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key `lk_…` or an access token.' } },
      schemas: { ...book.named, Problem: problemSchema },
    },
  };
};
