import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../identity.config.ts';
import { Administrators } from './administrators/administrators.ts';
import { FailedTries } from './audit/failed-tries.ts';
import { smtpCarrier } from './mail/carrier.ts';
import { Notices } from './mail/notices.ts';
import { Post } from './mail/post.ts';
import { OauthRecords } from './oauth/oauth-records.ts';
import { RefreshTokens } from './sessions/refresh-tokens.ts';
import { Sessions } from './sessions/sessions.ts';
import { SigningKeys } from './signing/signing-keys.ts';
import { Snapshots } from './snapshots.ts';
import { Together } from './together.ts';
import { Tries } from './tries/tries.ts';
import { TriesTable } from './tries/tries-table.ts';
import { ClaimKey } from './users/claim-key.ts';

const dayMs = 86_400_000;

/** What requests and consumers of one process share. */
export interface Foundation {
  readonly signingKeys: SigningKeys;
  readonly snapshots: Snapshots;
  readonly oauthRecords: OauthRecords;
  readonly together: Together;
  readonly triesTable: TriesTable;
  readonly tries: Tries;
  readonly failedTries: FailedTries;
  readonly refreshTokens: RefreshTokens;
  readonly sessions: Sessions;
  readonly claimKey: ClaimKey;
  readonly administrators: Administrators;
  readonly post: Post;
  readonly notices: Notices;
  /** Nobody gets in before they have shown that their address is theirs. */
  readonly mustVerify: boolean;
}

/** Without a mail server letters are kept, to be read where people develop. */
const postOf = ({ store, config, log }: Deps<IdentityConfig>, claimKey: ClaimKey): Post => {
  const { smtpUrl: url, publicUrl, isDevelopment: isReadable } = config;
  const from = config.mailFrom ?? `Orrery <no-reply@${new URL(publicUrl).hostname}>`;
  const carrier = url === undefined ? undefined : smtpCarrier({ url, from, publicUrl });
  return new Post({ store, carrier, isReadable, claimKey, log });
};

const lay = (deps: Deps<IdentityConfig>): Foundation => {
  const { store, bus, secrets, log, health, config } = deps;
  const signingKeys = new SigningKeys({ store, clock: systemClock, longestMs: config.signingKeyDays * dayMs });
  const oauthRecords = new OauthRecords(store, secrets('oauth-secret-mac'));
  const snapshots = new Snapshots({ bus, store, signingKeys, oauthRecords, onFault: (err) => log.warn({ err }, 'a snapshot is behind') });
  health.check('snapshots', () => snapshots.areComplete);
  const triesTable = new TriesTable(store.pool);
  const failedTries = new FailedTries({
    store,
    clock: systemClock,
    failed: (err) => log.warn({ err }, 'some failed tries are not in the audit trail'),
  });
  const onFailed = failedTries.note.bind(failedTries);
  const tries = new Tries({ table: triesTable, key: secrets('tries-mac'), clock: systemClock, onFailed });
  const refreshTokens = new RefreshTokens(secrets('refresh-mac'));
  const mustVerify = config.verification === 'required';
  const sessions = new Sessions({ store, signingKeys, refreshTokens, snapshots, mustVerify });
  const claimKey = new ClaimKey(secrets('claim-mac'));
  const post = postOf(deps, claimKey);
  const notices = new Notices(store, post, config.publicUrl);
  const administrators = new Administrators(store, snapshots);
  const kept = { signingKeys, snapshots, oauthRecords, triesTable, tries, failedTries, refreshTokens, sessions };
  return { ...kept, together: new Together(store), claimKey, administrators, post, notices, mustVerify };
};

const foundations = new WeakMap<EventStore, Foundation>();

/** The one of a log in this process: requests and consumers are set up apart from each other. */
export const foundationOf = (deps: Deps<IdentityConfig>): Foundation => {
  const known = foundations.get(deps.store) ?? lay(deps);
  foundations.set(deps.store, known);
  return known;
};
