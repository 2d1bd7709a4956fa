import { operations, stream } from '@orrery/contracts';
import { openApi } from '@orrery/documents';
import { z } from 'zod';
import type { Call } from './dialect.ts';
import { deeplogix } from './dialects/deeplogix/index.ts';
import { lmstack } from './dialects/lmstack/index.ts';
import { lyceum } from './dialects/lyceum/index.ts';
import type { Frame } from './edge/server-sent-events.ts';
import { orrery } from './routes.ts';

const textish = (schema: z.ZodType): boolean => {
  const parsed = z.safeParse(schema, '1');
  // A string that is refused as a string was understood as a value, not as a type.
  return parsed.success || parsed.error.issues.every(({ code }) => code !== 'invalid_type');
};

describe('The routes', () => {
  const routes = [orrery(), lyceum({ publicUrl: 'http://x' }), deeplogix({ publicUrl: 'http://x' }), lmstack()].flatMap(
    (dialect) => dialect.routes,
  );

  it('are all different', () => {
    const keys = routes.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}').replace(/\/$/, '')}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('of the platform itself are described, each of them', () => {
    const described = Object.entries(Object(openApi()).paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} /orrery/v1${path}`),
    );
    for (const { method, path } of orrery().routes) expect(described).toContain(`${method} ${path}`);
  });

  it('take from a query only what can be written in one', () => {
    for (const [name, { http, input }] of Object.entries(operations)) {
      if (!http || !/^(GET|DELETE) /.test(http) || !(input instanceof z.ZodObject)) continue;
      for (const [field, schema] of Object.entries(input.shape))
        expect([name, field, textish(schema as z.ZodType)]).toEqual([name, field, true]);
    }
  });

  it('know every field that their path names', () => {
    for (const { http, input } of Object.values(operations)) {
      for (const [, field] of http?.matchAll(/\{(\w+)\}/g) ?? []) expect(Object.keys((input as z.ZodObject).shape)).toContain(field);
    }
  });

  it('of agents and services are not among them', () => {
    for (const { operations: asked } of routes) for (const { access } of asked) expect(['agent', 'service']).not.toContain(access);
  });
});

describe('A stream of the own API', () => {
  const Watch = stream({
    subject: 'x.watch',
    summary: 'Watch',
    http: 'GET /watch',
    access: 'public',
    input: z.strictObject({ from: z.string().optional() }),
    output: z.strictObject({ n: z.number() }),
    resume: { input: 'from', placeOf: ({ n }) => String(n) },
    refusals: {},
  });
  const [route] = orrery({ Watch }).routes;

  const framesOf = async (signal: AbortSignal): Promise<{ frames: Frame[]; asked: unknown }> => {
    let asked: unknown;
    async function* items() {
      yield { n: 1 };
    }
    const call = {
      parts: { path: {}, query: {}, body: undefined },
      path: '/watch',
      lastEventId: '7',
      signal,
      stream: (_: unknown, input: unknown) => {
        asked = input;
        return Object.assign(items(), { open: async () => ({ accepted: true }) });
      },
    };
    if (route?.kind !== 'stream') throw new TypeError('a stream operation has a stream route');
    const frames: Frame[] = [];
    // Of a call, a stream route reads these fields.
    for await (const frame of await route.frames(call as never as Call)) frames.push(frame);
    return { frames, asked };
  };

  it('names places, goes on after the last one, and says when it has ended', async () => {
    expect(await framesOf(new AbortController().signal)).toEqual({
      frames: [
        { id: '1', data: '{"n":1}' },
        { event: 'end', data: '{}' },
      ],
      asked: { from: '7' },
    });
  });

  it('that was cut short has not ended', async () => {
    const { frames } = await framesOf(AbortSignal.abort());
    expect(frames).toEqual([{ id: '1', data: '{"n":1}' }]);
  });
});
