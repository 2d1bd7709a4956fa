import { z } from 'zod';
import { query } from '../../define.ts';
import { Instant } from '../../values.ts';

/** Answers only where identity runs for development: what is in letters opens accounts. */
export const ReadOutbox = query({
  subject: 'identity.read-outbox',
  summary: 'The newest letters, as they were or would have been sent',
  access: 'service',
  input: z.strictObject({ to: z.string().max(254).optional(), limit: z.int().min(1).max(200).default(50) }),
  output: z.strictObject({
    items: z.array(
      z.strictObject({
        id: z.uuid(),
        to: z.string(),
        subject: z.string(),
        text: z.string(),
        state: z.enum(['waiting', 'sent', 'kept', 'given-up']),
        createdAt: Instant,
        endedAt: Instant.nullable(),
      }),
    ),
  }),
  refusals: { OutboxClosed: 404 },
  secret: true,
});
