import { operations as all, identity, type Operation } from '@orrery/contracts';
import { traceIdNow } from '@orrery/telemetry';
import { auditExport, ownAuditForm } from './audit/export.ts';
import { ExportPlaces } from './audit/places.ts';
import type { Answer, Call, Dialect, Frames, Route } from './dialect.ts';
import type { Frame } from './edge/server-sent-events.ts';
import { Failed, refusal, streamFailure } from './failure.ts';
import { inputOf } from './input.ts';
import { problem } from './problem.ts';

export const base = '/orrery/v1';

const json = (status: number, value: unknown): Answer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
});

const frameOf = (operation: Operation, item: unknown): Frame => {
  const id = operation.resume?.placeOf(item);
  return { data: JSON.stringify(item), ...(id === undefined ? {} : { id }) };
};

async function* framesOf(operation: Operation, items: AsyncIterable<unknown>, { path, signal }: Call): Frames {
  try {
    for await (const item of items) yield frameOf(operation, item);
    // Cut short, it has not ended.
    if (!signal.aborted) yield { event: 'end', data: '{}' };
  } catch (error) {
    // The status is long sent: the last event says what went wrong.
    const { body } = problem(streamFailure(operation, error), { path, traceId: traceIdNow() });
    yield { event: 'error', data: JSON.stringify(body) };
  }
}

/** An explicit place in the query wins over the one that a browser remembers. */
const resumed = (operation: Operation, parts: Call['parts'], lastEventId: string | undefined): Call['parts'] => {
  const field = operation.resume?.input;
  if (field === undefined || !lastEventId || parts.query[field] !== undefined) return parts;
  return { ...parts, query: { ...parts.query, [field]: lastEventId } };
};

const routeOf = (operation: Operation, http: string): Route => {
  // `define.ts` types it as `METHOD /path`.
  const [method, path] = http.split(' ') as [Route['method'], string];
  const shared = {
    method,
    path: `${base}${path}`,
    operations: [operation],
    ...(path.includes('{org}') ? { orgField: 'org' } : {}),
    ...(path.includes('{spaceId}') ? { spaceField: 'spaceId' } : {}),
  };
  if (operation.kind !== 'stream') {
    const status = operation.created ? 201 : 200;
    return {
      ...shared,
      kind: 'answer',
      answer: async (call) => json(status, await call.ask(operation, inputOf(operation, method, call.parts))),
    };
  }
  return {
    ...shared,
    kind: 'stream',
    frames: async (call) => {
      const items = call.stream(operation, inputOf(operation, method, resumed(operation, call.parts, call.lastEventId)));
      const opened = await items.open();
      if (!opened.accepted) throw new Failed(refusal(operation, opened.rejection));
      return framesOf(operation, items, call);
    },
  };
};

/** The platform's own API: a route for every operation that has one, and no other. */
export const orrery = (
  operations: Readonly<Record<string, Operation>> = all,
  { exports = new ExportPlaces() }: { readonly exports?: ExportPlaces } = {},
): Dialect => ({
  name: 'orrery',
  bases: [base],
  routes: [
    ...Object.values(operations).flatMap((operation) => {
      const isInside = operation.access === 'service' || operation.access === 'agent';
      return operation.http === undefined || isInside ? [] : [routeOf(operation, operation.http)];
    }),
    auditExport({ path: `${base}${identity.auditFile.http.replace('GET ', '')}`, orgField: 'org', form: ownAuditForm, places: exports }),
  ],
  error: problem,
});
