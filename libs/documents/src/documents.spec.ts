import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EventContract, eventContracts, operations, query, storedEvents, storedType } from '@orrery/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import { asyncApi, documents, eventFiles, eventSample, eventsPage, type Json, openApi, samplePath, staleDocuments } from './index.ts';
import { SchemaBook } from './schema.ts';

// Every document is made anew, on machines that may be busy.
jest.setTimeout(60_000);

const root = process.cwd();

/** Every `$ref` in a document, and whether something is there. */
const danglingIn = (document: Json): readonly string[] => {
  const dangling: string[] = [];
  const visit = (value: Json): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name !== '$ref') visit(inner);
      else if (!isThere(document, String(inner))) dangling.push(String(inner));
    }
  };
  visit(document);
  return dangling;
};

const isThere = (document: Json, ref: string): boolean => {
  let at: unknown = document;
  for (const step of ref.slice(2).split('/')) at = (at as Record<string, unknown> | undefined)?.[step];
  return at !== undefined;
};

const dig = (document: Json, ...steps: readonly string[]): unknown =>
  steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);

describe('the OpenAPI document', () => {
  const document = openApi();

  it('has every operation that is reachable from outside', () => {
    for (const [name, { http }] of Object.entries(operations)) {
      if (!http) continue;
      const [method = '', path = ''] = http.split(' ');
      expect(dig(document, 'paths', path, method.toLowerCase(), 'operationId')).toBe(name);
    }
  });

  it('has the lists that are given as files, with their formats, filters and refusals, and without pages', () => {
    const file = (...steps: readonly string[]) => dig(document, 'paths', '/orgs/{org}/audit/export', 'get', ...steps);
    expect(file('operationId')).toBe('ListAuditAsFile');
    const names = (file('parameters') as { readonly name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['org', 'action', 'from', 'format', 'X-Org-Slug']));
    expect(names).not.toEqual(expect.arrayContaining(['cursor']));
    expect(Object.keys(Object(file('responses', '200', 'content')))).toEqual(['application/x-ndjson', 'text/csv']);
    expect(file('responses', '429', 'description')).toContain('`TooManyExports`');
  });

  it('points nowhere into the void', () => expect(danglingIn(document)).toEqual([]));

  it('lists each refusal under its status', () => {
    expect(dig(document, 'paths', '/runs', 'post', 'responses', '402', 'description')).toBe('`InsufficientCredits`');
    expect(dig(document, 'paths', '/runs', 'post', 'responses', '201', 'content')).toBeDefined();
    expect(dig(document, 'paths', '/runs/{runId}', 'get', 'responses', '200', 'content')).toBeDefined();
  });

  it('puts fields of a path in the path, of a query in the query and the rest in the body', () => {
    const at = (verb: string, path: string): { name: string; in: string }[] => dig(document, 'paths', path, verb, 'parameters') as never;
    expect(at('get', '/runs/{runId}').map((parameter) => `${parameter.in} ${parameter.name}`)).toEqual([
      'path runId',
      'query at',
      'header X-Org-Slug',
    ]);
    const body = dig(document, 'paths', '/orgs/{org}', 'patch', 'requestBody', 'content', 'application/json', 'schema', 'properties');
    expect(Object.keys(body as object)).toEqual(['name', 'slug', 'billingEmail', 'billingDetails']);
  });

  it('refuses two schemas of one name', () => {
    const named = (schema: z.ZodType) => z.strictObject({ it: schema.meta({ id: 'Twin' }) });
    const book = new SchemaBook('#/');
    book.of(named(z.string()), 'output');
    expect(() => book.of(named(z.number()), 'output')).toThrow(/Twin/);
    const odd = query({
      subject: 'x.y',
      summary: '',
      http: 'GET /x',
      access: 'public',
      input: z.string(),
      output: z.string(),
      refusals: {},
    });
    expect(() => openApi({ odd })).toThrow(/must be an object/);
  });
});

describe('the AsyncAPI document', () => {
  it('has every event, and points nowhere into the void', () => {
    const document = asyncApi();
    expect(danglingIn(document)).toEqual([]);
    for (const event of eventContracts) {
      expect(dig(document, 'channels', `${event.service}.${event.type}`, 'address')).toBe(
        `log.${event.service}.${event.type}.{org}.{stream}`,
      );
    }
  });

  it('is YAML that reads back as it was', () => {
    expect(parse(documents().get('docs/asyncapi.yaml') ?? '')).toEqual(asyncApi());
  });
});

describe('the page of events', () => {
  it('says what is personal', () => {
    expect(eventsPage()).toMatch(/`email` \| string \| personal, sealed/);
  });

  it('says the fields of every event, also where its data have a name', () => {
    expect(eventsPage()).toMatch(/### UsageSettled\.v1[^#]*`settlementId` \| SettlementId/);
    expect(eventsPage()).not.toMatch(/\| --- \|\n\n/);
  });
});

describe('a published event', () => {
  const changed: EventContract = {
    service: 'execution',
    type: 'WorkerReturned',
    version: 1,
    schema: z.strictObject({ other: z.string() }),
  };

  it.each(eventContracts.map((event) => [storedType(event), event] as const))(
    '%s has a sample that its contract reads as it stands',
    (_, event) => {
      const { data } = eventSample(event) as { data: unknown };
      expect(z.encode(event.schema, event.schema.parse(data))).toEqual(data);
    },
  );

  it('has a committed sample of every version there ever was', () => {
    for (const event of eventContracts) {
      for (let version = 1; version <= event.version; version += 1) {
        const stored = JSON.parse(readFileSync(join(root, samplePath({ ...event, version })), 'utf8'));
        expect(stored.type).toBe(`${event.type}.v${version}`);
      }
    }
  });

  it('is never withdrawn while a sample of it is stored', () => {
    const known = new Set(storedEvents.map((event) => `${event.service}/${event.type}`));
    for (const service of readdirSync(join(root, 'libs/contracts/samples'))) {
      for (const file of readdirSync(join(root, 'libs/contracts/samples', service))) {
        expect(known).toContain(`${service}/${file.replace(/\.v\d+\.json$/, '')}`);
      }
    }
  });

  it('keeps the schema it was published with', async () => {
    expect((await staleDocuments(root)).filter((sentence) => sentence.startsWith('libs/contracts/'))).toEqual([]);
    for (const [path, text] of eventFiles([changed])) expect(readFileSync(join(root, path), 'utf8')).not.toBe(text);
  });
});
