import { createHmac } from 'node:crypto';

/** The secret by which an organization's guardrails know who asks them. It follows from the installation's key, so that nobody need keep it. */
export const guardrailSecretOf = (key: Buffer, orgId: string): string => `grs_${createHmac('sha256', key).update(orgId).digest('hex')}`;
