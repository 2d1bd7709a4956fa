import { z } from 'zod';
import { Instant, OrgId, UserId } from '../values.ts';
import { RequestId } from './usage.ts';

const count = z.int().min(0);

/** So much of what was asked, and of what was answered, is kept: the beginning. */
export const mostContentBytes = 131_072;

const Kept = z.strictObject({
  /** Of how many bytes the beginning is here. */
  kept: z.int().min(0).max(mostContentBytes),
  /** It had so many in all. */
  bytes: count,
});

/** What precedes the bytes of a request and of its answer on their way into the inference log: one line of JSON. */
export const ContentHead = z.strictObject({
  requestId: RequestId,
  orgId: OrgId,
  userId: UserId.nullable(),
  /** When it was asked. */
  at: Instant,
  asked: Kept,
  /** Null: nothing was answered but a failure. `isWhole`: an answer to its end. */
  answered: Kept.extend({ isWhole: z.boolean() }).nullable(),
});
export type ContentHead = z.infer<typeof ContentHead>;

/** How what was said goes from gateways to the inference log: one request a message. */
export const contentTransport = { stream: 'CONTENT', subject: 'content.inference' } as const;

const KeptText = z.strictObject({
  text: z.string(),
  bytes: count,
  /** It was longer than what is kept. */
  isCut: z.boolean(),
});

/** What was said in a request: the body as it was sent, and the answer as the client was given it. Never a header, and so no credential. */
export const RequestContent = z
  .strictObject({ request: KeptText, answer: KeptText.extend({ isWhole: z.boolean() }).nullable() })
  .meta({ id: 'InferenceContent' });
export type RequestContent = z.infer<typeof RequestContent>;
