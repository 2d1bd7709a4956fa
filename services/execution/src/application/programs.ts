import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { execution } from '@orrery/contracts';
import { instant, table, text, uuid, type Write, write } from '@orrery/event-store';
import type pg from 'pg';
import { z } from 'zod';

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** The program of a run as it is kept: compressed, as text that any column can hold. */
const runPrograms = table({
  table: 'run_programs',
  columns: { runId: uuid<execution.RunId>(), bundle: text(), storedAt: instant() },
  key: ['runId'],
});

const Program = z.object({ code: z.string(), files: z.record(z.string(), z.string()) });
export type Program = z.infer<typeof Program>;

/** What a start of it has to carry; larger ones would not fit a message with all that surrounds them. */
export const maxProgramBytes = 1_048_576;
const maxBundleBytes = 2 * maxProgramBytes;

export interface Packed {
  readonly hash: string;
  readonly bytes: number;
  readonly bundle: string;
}

export const packed = async (program: Program): Promise<Packed> => {
  const json = Buffer.from(JSON.stringify(program));
  const hash = createHash('sha256').update(json).digest('hex');
  // What is refused for its size need not be compressed.
  const bundle = json.length > maxProgramBytes ? '' : (await compress(json, { level: 1 })).toString('base64');
  return { hash, bytes: json.length, bundle };
};

export const unpacked = async (bundle: string): Promise<Program> => {
  const json = await expand(Buffer.from(bundle, 'base64'), { maxOutputLength: maxBundleBytes });
  return Program.parse(JSON.parse(json.toString()));
};

export const keepProgram = (runId: execution.RunId, { bundle }: Packed, storedAt: string): Write =>
  write(runPrograms, { put: { runId, bundle, storedAt } });

/** Forgets the programs of runs that ended long ago, some at a time; answers how many. */
export const forgetPrograms = async (pool: Pick<pg.Pool, 'query'>, days: number): Promise<number> => {
  const { rowCount } = await pool.query(
    `DELETE FROM run_programs WHERE run_id IN (
       SELECT p.run_id FROM run_programs p LEFT JOIN run_list r ON r.id = p.run_id
       WHERE p.stored_at < now() - make_interval(days => $1) AND (r.id IS NULL OR r.ended_at < now() - make_interval(days => $1))
         AND NOT EXISTS (SELECT FROM run_list m WHERE m.gang_id = p.run_id AND coalesce(m.ended_at, now()) >= now() - make_interval(days => $1))
       LIMIT 1000)`,
    [days],
  );
  return rowCount ?? 0;
};
