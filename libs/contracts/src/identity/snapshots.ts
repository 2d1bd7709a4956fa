import { KeySnapshot } from './keys/types.ts';
import { AppSnapshot, OauthEndSnapshot } from './oauth/types.ts';
import { MemberSnapshot, OrgSnapshot } from './orgs/types.ts';
import { PlanSnapshot } from './plans/types.ts';
import { SessionSnapshot, SigningSnapshot } from './sessions/types.ts';

/** What identity keeps up to date for every gateway, in buckets of JetStream's key-value store. */
export const Snapshots = {
  /** By application id. */
  apps: { bucket: 'identity-apps', value: AppSnapshot },
  /** By key id. */
  keys: { bucket: 'identity-keys', value: KeySnapshot },
  /** By user id. */
  members: { bucket: 'identity-members', value: MemberSnapshot },
  /** By `grant-` and a grant, or `token-` and a token. */
  oauthEnds: { bucket: 'identity-oauth-ends', value: OauthEndSnapshot },
  /** By org id. */
  orgs: { bucket: 'identity-orgs', value: OrgSnapshot },
  /** By org id. */
  plans: { bucket: 'identity-plans', value: PlanSnapshot },
  /** By session id. */
  sessions: { bucket: 'identity-sessions', value: SessionSnapshot },
  /** By `kid`. */
  signing: { bucket: 'identity-signing', value: SigningSnapshot },
} as const;
