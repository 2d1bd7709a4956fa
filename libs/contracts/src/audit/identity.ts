import { IdentityEvents } from '../identity/events.ts';
import { auditing } from './fact.ts';

/** Beside a public event that says the same without the secret. */
const besidePublic = { unaudited: 'keeps what is secret of a fact that is told by a public event' };
const ofCommand = { unaudited: 'a step inside something that is told as a whole' };

const users = {
  UserSignedUp: { action: 'user.signed_up', target: ['user', 'userId'], person: 'userId', byThemselves: true },
  UserRenamed: { action: 'user.renamed', target: ['user', 'userId'], person: 'userId' },
  UsernameChosen: { action: 'user.username_chosen', target: ['user', 'userId'], person: 'userId' },
  EmailChanged: { action: 'email.changed', target: ['user', 'userId'], person: 'userId' },
  AdministratorAppointed: { action: 'administrator.appointed', target: ['user', 'userId'], person: 'userId' },
  AdministratorDismissed: { action: 'administrator.dismissed', target: ['user', 'userId'], person: 'userId', details: ['reason'] },
  PasswordSet: besidePublic,
  PasswordRehashed: { unaudited: 'the same password under a stronger hash: nobody did anything' },
  PasswordChanged: { action: 'password.changed', target: ['user', 'userId'], person: 'userId', byThemselves: true, details: ['reason'] },
  PasswordResetRequested: { unaudited: 'anybody may ask; the letter tells the person, and the change is told' },
  EmailVerificationRequested: { unaudited: 'a letter, sent' },
  EmailVerified: { action: 'email.verified', target: ['user', 'userId'], person: 'userId', byThemselves: true },
  UserDeactivated: { action: 'user.deactivated', target: ['user', 'userId'], person: 'userId', details: ['by'] },
  UserReactivated: { action: 'user.reactivated', target: ['user', 'userId'], person: 'userId' },
  UserDeleted: { unaudited: 'organizations are told by MemberLeft; of the person nothing is left' },
} as const;

const sessions = {
  SessionOpened: {
    action: 'session.opened',
    target: ['session', 'sessionId'],
    person: 'userId',
    byThemselves: true,
    details: ['method', 'owesSecondFactor'],
  },
  RefreshTokenIssued: besidePublic,
  SessionCompleted: { action: 'session.completed', target: ['session', 'sessionId'], person: 'userId', byThemselves: true },
  SessionRevoked: {
    action: 'session.revoked',
    target: ['session', 'sessionId'],
    person: 'userId',
    details: ['reason'],
  },
  SignInFailed: {
    action: 'sign_in.failed',
    target: ['user', 'userId'],
    person: 'userId',
    isRefusal: true,
    details: ['path', 'tries', 'addresses', 'lockedUntil'],
  },
  SigningKeyMade: { action: 'signing_key.made', target: ['signing-key', 'kid'], details: ['generation', 'activeAt', 'formerAreBelieved'] },
} as const;

const mfa = {
  MfaEnabled: { action: 'mfa.enabled', target: ['user', 'userId'], person: 'userId', details: ['by'] },
  MfaDisabled: { action: 'mfa.disabled', target: ['user', 'userId'], person: 'userId' },
  AuthenticatorConfirmed: { action: 'mfa.authenticator_confirmed', target: ['user', 'userId'], person: 'userId' },
  BackupCodesIssued: { action: 'mfa.backup_codes_issued', target: ['user', 'userId'], person: 'userId', details: ['count'] },
  BackupCodeUsed: { action: 'mfa.backup_code_used', target: ['user', 'userId'], person: 'userId', details: ['remaining'] },
  PasskeyAdded: { action: 'passkey.added', target: ['passkey', 'passkeyId'], person: 'userId' },
  PasskeyRenamed: { action: 'passkey.renamed', target: ['passkey', 'passkeyId'], person: 'userId' },
  PasskeyRemoved: { action: 'passkey.removed', target: ['passkey', 'passkeyId'], person: 'userId' },
  IdentityLinked: {
    action: 'identity.linked',
    target: ['identity', 'identityId'],
    person: 'userId',
    byThemselves: true,
    details: ['issuer', 'reason'],
  },
  IdentityUnlinked: { action: 'identity.unlinked', target: ['identity', 'identityId'], person: 'userId', details: ['issuer'] },
  PasskeyCloneSuspected: { action: 'passkey.clone_suspected', target: ['passkey', 'passkeyId'], person: 'userId', isRefusal: true },
  AuthenticatorOffered: besidePublic,
  TotpStepUsed: ofCommand,
  BackupCodesHashed: besidePublic,
  BackupCodeSpent: besidePublic,
  PasskeyKept: besidePublic,
  PasskeyUsed: ofCommand,
  PasskeyChallengeSpent: ofCommand,
} as const;

const orgs = {
  OrgCreated: { action: 'org.created', target: ['org', 'orgId'], details: ['kind'] },
  OrgUpdated: { action: 'org.updated', target: ['org', 'orgId'] },
  MemberJoined: { action: 'member.joined', target: ['user', 'userId'], person: 'userId', details: ['role', 'inviteId'] },
  MemberRoleChanged: { action: 'member.role_changed', target: ['user', 'userId'], person: 'userId', details: ['role', 'formerRole'] },
  OwnershipTransferred: { action: 'org.ownership_transferred', target: ['user', 'to'], person: 'to', details: ['from', 'formerRole'] },
  MemberLeft: { action: 'member.left', target: ['user', 'userId'], person: 'userId', details: ['reason'] },
  OrgSuspended: { action: 'org.suspended', target: ['org', 'orgId'] },
  OrgReinstated: { action: 'org.reinstated', target: ['org', 'orgId'] },
  OrgDeleted: { action: 'org.deleted', target: ['org', 'orgId'] },
  DefaultOrgChosen: { unaudited: 'a preference' },
  OrgPlanSet: { action: 'org.plan_set', target: ['org', 'orgId'], details: ['plan'] },
  OccupationChosen: { unaudited: 'a preference' },
} as const;

const invites = {
  InviteCreated: { action: 'invite.created', target: ['invite', 'inviteId'], details: ['role', 'expiresAt'] },
  InviteSecretsSet: besidePublic,
  InviteAccepted: { action: 'invite.accepted', target: ['invite', 'inviteId'], person: 'userId' },
  InviteDeclined: { action: 'invite.declined', target: ['invite', 'inviteId'], person: 'userId' },
  InviteRevoked: { action: 'invite.revoked', target: ['invite', 'inviteId'] },
  InviteExpired: { action: 'invite.expired', target: ['invite', 'inviteId'] },
} as const;

const spaces = {
  SpaceCreated: { action: 'space.created', target: ['space', 'spaceId'] },
  SpaceUpdated: { action: 'space.updated', target: ['space', 'spaceId'] },
  SpaceDeleted: { action: 'space.deleted', target: ['space', 'spaceId'] },
  SpaceRestored: { action: 'space.restored', target: ['space', 'spaceId'] },
  SpacePermissionsGiven: {
    action: 'space.permissions_given',
    target: ['space', 'spaceId'],
    person: 'userId',
    details: ['userId', 'permissions'],
  },
  SpaceMemberLeft: { action: 'space.member_left', target: ['space', 'spaceId'], person: 'userId', details: ['userId', 'reason'] },
} as const;

const keys = {
  ApiKeyCreated: {
    action: 'api_key.created',
    target: ['api-key', 'keyId'],
    person: 'userId',
    details: ['form', 'prefix', 'scopes', 'expiresAt'],
  },
  ApiKeyUpdated: { action: 'api_key.updated', target: ['api-key', 'keyId'], details: ['isActive', 'scopes', 'expiresAt'] },
  ApiKeyRotated: { action: 'api_key.rotated', target: ['api-key', 'keyId'], person: 'userId', details: ['formerUntil'] },
  ApiKeyRevoked: { action: 'api_key.revoked', target: ['api-key', 'keyId'] },
  ApiKeyHashed: besidePublic,
} as const;

const oauth = {
  OauthAppCreated: {
    action: 'oauth_app.created',
    target: ['oauth-app', 'appId'],
    person: 'userId',
    details: ['kind', 'redirectUris', 'scopes'],
  },
  OauthAppUpdated: { action: 'oauth_app.updated', target: ['oauth-app', 'appId'], details: ['isActive', 'redirectUris', 'scopes'] },
  OauthAppSecretReset: { action: 'oauth_app.secret_reset', target: ['oauth-app', 'appId'] },
  OauthAppDeleted: { action: 'oauth_app.deleted', target: ['oauth-app', 'appId'] },
  OauthAppSecretHashed: besidePublic,
  OauthGranted: {
    action: 'oauth_grant.given',
    target: ['oauth-grant', 'grantId'],
    person: 'userId',
    byThemselves: true,
    details: ['appId', 'scopes'],
  },
  OauthGrantEnded: { action: 'oauth_grant.ended', target: ['oauth-grant', 'grantId'], person: 'userId', details: ['appId'] },
} as const;

export const identityFacts = auditing(IdentityEvents, { ...users, ...sessions, ...mfa, ...orgs, ...invites, ...spaces, ...keys, ...oauth });
