import { z } from 'zod';
import { Instant } from '../../values.ts';

/** How somebody tried to be let in as a person. */
export const FailedPath = z.enum(['login', 'password-change', 'mfa', 'backup-code', 'passkey']);
export type FailedPath = z.infer<typeof FailedPath>;

const ActorKind = z.enum(['nobody', 'user', 'key', 'app', 'agent', 'service', 'operator']);

export const AuditEntry = z
  .strictObject({
    /** Of the event behind it. */
    id: z.uuid(),
    at: Instant,
    /** `member.role_changed` */
    action: z.string(),
    outcome: z.enum(['granted', 'refused']),
    actor: z.strictObject({
      kind: ActorKind,
      /** Null for nobody. */
      id: z.string().nullable(),
      /** The e-mail address of a person; null where there is none, `[erased]` where the person was erased. */
      name: z.string().nullable(),
    }),
    target: z.strictObject({ kind: z.string(), id: z.string() }).nullable(),
    /** Null where nobody asked, where the person was erased, and for a moment while it is on its way. */
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    requestId: z.string(),
    traceId: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;
