import { identity } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { z } from 'zod';
import type { Call, Download, DownloadRoute } from '../dialect.ts';
import { edgeFailure, Failed, invalidInput } from '../failure.ts';
import { inputOf, issuesOf } from '../input.ts';
import { lineOf } from './csv.ts';
import type { ExportPlaces } from './places.ts';

type Entry = identity.AuditEntry;

/** How one API writes the entries of an audit trail. */
export interface AuditForm {
  /** An entry as a line of JSON. */
  readonly json: (entry: Entry) => string;
  /** An entry as cells by the names of their columns, the same names for each. */
  readonly cells: (entry: Entry) => Readonly<Record<string, string | null>>;
  readonly columns: readonly string[];
}

export interface AuditExport {
  readonly path: string;
  /** The field of the path that names the organization. */
  readonly orgField: string;
  readonly form: AuditForm;
  readonly places: ExportPlaces;
}

const Format = z.object({ format: z.enum(['ndjson', 'csv']).default('ndjson') });
/** Entries that are in memory at a time. */
const pageRows = 500;
const comeBackSeconds = 10;

const formatOf = (format: unknown): 'ndjson' | 'csv' => {
  const given = { format };
  const parsed = z.safeParse(Format, given);
  if (parsed.success) return parsed.data.format;
  throw new Failed(invalidInput(issuesOf(parsed.error, given, { schema: Format, partOf: () => 'query' })));
};

const inputFrom = ({ parts }: Call, orgField: string) => {
  const { format, ...query } = parts.query;
  const org = parts.path[orgField] ?? '';
  const input = inputOf(identity.ListAudit, 'GET', { path: { org }, query, body: undefined });
  return { format: formatOf(format), input: { ...input, limit: pageRows } };
};

/** Asks for a page when the one before has been taken: a reader that is slow makes nobody work. */
async function* pagesFrom(call: Call, input: ReturnType<typeof inputFrom>['input']): AsyncGenerator<readonly Entry[]> {
  let cursor = input.cursor;
  do {
    const page = await call.ask(identity.ListAudit, { ...input, ...(cursor === undefined ? {} : { cursor }) });
    yield page.items;
    // What is cut short must not look like the end.
    call.signal.throwIfAborted();
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

const textOf = (format: 'ndjson' | 'csv', { json, cells, columns }: AuditForm, entries: readonly Entry[]): string =>
  entries
    .map((entry) => {
      if (format === 'ndjson') return `${json(entry)}\n`;
      const named = cells(entry);
      return lineOf(columns.map((column) => named[column] ?? null));
    })
    .join('');

/** The audit trail of an organization as a file. */
export const auditExport = ({ path, orgField, form, places }: AuditExport): DownloadRoute => ({
  kind: 'download',
  method: 'GET',
  path,
  operations: [identity.ListAudit],
  orgField,
  download: async (call): Promise<Download> => {
    const { format, input } = inputFrom(call, orgField);
    const giveBack = places.take(call.caller.orgId ?? '');
    if (!giveBack) throw new Failed(edgeFailure('TooManyExports', { headers: { 'retry-after': String(comeBackSeconds) } }));
    const pages = pagesFrom(call, input);
    // Whoever is refused, and whatever is down, is told before the file begins.
    const first = await pages.next().catch((error: unknown) => {
      giveBack();
      throw error;
    });
    async function* chunks(): AsyncGenerator<string> {
      try {
        if (format === 'csv') yield lineOf(form.columns);
        if (!first.done) yield textOf(format, form, first.value);
        for await (const entries of pages) yield textOf(format, form, entries);
      } finally {
        giveBack?.();
      }
    }
    const day = new Date(systemClock.now()).toISOString().slice(0, 10);
    const fileName = `audit-${input.org.replace(/[^a-z0-9-]/gi, '')}-${day}.${format}`;
    return { contentType: `${identity.auditFile.formats[format]}; charset=utf-8`, fileName, chunks: chunks() };
  },
});

const columns = [
  'id',
  'at',
  'action',
  'outcome',
  'actorKind',
  'actorId',
  'actorName',
  'targetKind',
  'targetId',
  'ip',
  'userAgent',
  'requestId',
  'traceId',
  'details',
];

/** As this platform's own API writes them. */
export const ownAuditForm: AuditForm = {
  columns,
  json: (entry) => JSON.stringify(entry),
  cells: ({ actor, target, details, ...entry }) => ({
    ...entry,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    targetKind: target?.kind ?? null,
    targetId: target?.id ?? null,
    details: JSON.stringify(details),
  }),
};
