import { z } from 'zod';
import { query } from '../define.ts';

/** Where the request behind an event came from, and of whom that tells. */
export const EventOrigin = z.strictObject({ id: z.uuid(), person: z.string(), ip: z.string(), userAgent: z.string().nullable() });

/** Each log keeps the origins of its own facts; they never go over the bus with them, for a bus keeps copies that nobody could erase. */
export const originsAskedOf = <const S extends string>(service: S) =>
  query({
    subject: `${service}.read-origins`,
    summary: 'Where the requests behind events came from: of those that are audited and whose person is not erased',
    access: 'service',
    input: z.strictObject({ ids: z.array(z.uuid()).min(1).max(500) }),
    output: z.strictObject({ items: z.array(EventOrigin) }),
    refusals: {},
  });
