import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import type { Failure } from '../../failure.ts';
import type { Recorded } from './recording.ts';

const compressed = promisify(gzip);
const restored = promisify(gunzip);

const Texts = z.record(z.string(), z.string());

const Head = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answer'), status: z.int(), headers: Texts, isWhole: z.boolean(), length: z.int(), keptAt: z.number() }),
  z.object({
    kind: z.literal('failure'),
    failure: z.object({
      status: z.int(),
      code: z.string(),
      detail: z.string(),
      details: z.record(z.string(), z.unknown()),
      issues: z.array(z.never()),
      headers: Texts,
    }),
  }),
  z.object({ kind: z.literal('spent') }),
]);
type Head = z.output<typeof Head>;

export type KeptFailure = Extract<Head, { kind: 'failure' }>;

export interface KeptAnswer extends Recorded {
  readonly kind: 'answer';
  /** In milliseconds since 1970. */
  readonly keptAt: number;
}

/** What is known of a request that was made before: its answer, its failure, or only that it was made. */
export type Kept = KeptAnswer | KeptFailure | { readonly kind: 'spent' };

/** As Redis has it. */
export interface Packed {
  readonly head: string;
  readonly body: Buffer;
}

const noBytes = Buffer.alloc(0);

const packed = (head: Head, body: Buffer): Packed => ({ head: JSON.stringify(head), body });

export const packedAnswer = async ({ status, headers, isWhole, body }: Recorded, keptAt: number): Promise<Packed> =>
  packed({ kind: 'answer', status, headers, isWhole, length: body.length, keptAt }, await compressed(body));

export const packedFailure = ({ details, headers, ...failure }: Failure): Packed =>
  packed({ kind: 'failure', failure: { ...failure, details: { ...details }, headers: { ...headers }, issues: [] } }, noBytes);

export const spent: Packed = packed({ kind: 'spent' }, noBytes);

/** Throws where it is nothing that was packed here. */
export const unpacked = async ({ head: text, body }: { head: Buffer | string; body: Buffer }): Promise<Kept> => {
  const head = Head.parse(JSON.parse(text.toString()));
  if (head.kind !== 'answer') return head;
  const { length, ...answer } = head;
  return { ...answer, body: await restored(body, { maxOutputLength: Math.max(1, length) }) };
};
