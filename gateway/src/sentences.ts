import { type Details, named, type Sentence } from './sentence.ts';
import { usageSentences } from './usage-sentences.ts';

const theService = ({ service }: Details): string => (typeof service === 'string' ? `The ${service} service` : 'A service');

/** `a few seconds`, where nothing is said. */
const secondsOf = ({ retryAfterMs }: Details): string => {
  if (typeof retryAfterMs !== 'number') return 'a few seconds';
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return seconds === 1 ? 'a second' : seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
};

/** What each refusal means to the person who gets it, and how to go on. Never parsed: programs read the code. */
/** Accesses that are no permission, as people say them. */
const whoIs: ReadonlyMap<string, string> = new Map([
  ['user', 'a person who is logged in'],
  ['session', 'a session'],
  ['caller', 'a person, or an API key'],
  ['operator', 'an administrator of the platform'],
]);

const sentences: Readonly<Record<string, Sentence>> = {
  // identity
  AlreadySetUp: 'This installation is set up already: log in instead.',
  UnknownRole: 'A role is viewer, operator or admin.',
  UsernameTaken: 'This username belongs to somebody else: choose another one.',
  LastAdministrator: 'The last administrator stays one: appoint somebody else first.',
  OwnAccount: 'Nobody does this to themselves: ask another administrator.',
  EmailTaken: (details) => `Another account has this e-mail address already: ${named(details, 'mend', 'choose another one')}.`,
  TooManyHashes: 'Too many passwords are being checked at the moment: try again in a few seconds.',
  TooManyTries: (details) => `Too many wrong tries: try again in ${secondsOf(details)}.`,
  BadCredentials: 'E-mail address or password is wrong.',
  UserDeactivated: 'This account is closed: ask those who run the platform to open it again.',
  BadTicket: 'This token is unknown, expired, or was used before: ask for another letter.',
  WrongPassword: 'The current password is wrong.',
  UnknownPasswordHash: 'The hash of the password is of no kind that is known here, or too dear to compare with.',
  BadRefreshToken: 'This refresh token is unknown, expired or was used before: log in again.',
  SessionNotFound: 'This session does not exist, or has ended.',
  MfaNotEnabled: 'There is no second factor to ask for: none is set up.',
  SecondFactorNotProven: 'While the second factor is on, this takes one: send a code, or what a passkey signed.',
  WrongCode: 'This code is wrong, was used before, or came too late: send the next one.',
  AuthenticatorNotOffered: 'No authenticator app waits for its first code: enrol it again.',
  PasskeyRefused: 'This passkey was refused: begin again.',
  PasskeyNotFound: 'Passkey not found.',
  PasskeyAlreadyAdded: 'This passkey was added before.',
  TooManyPasskeys: 'There are too many passkeys already: remove one first.',
  IssuerNotFound: 'Nobody signs in with this issuer here: list the issuers for those with whom people do.',
  IssuerUnavailable: (details) =>
    `${named(details, 'issuer', 'The issuer')} does not answer: try again in a moment, or sign in another way.`,
  ReturnNotAllowed: 'Browsers are sent back to a path of this platform, or to an origin that the operator has named.',
  SignInRefused: 'This sign-in was not begun in this browser, took too long, or was used before: begin again.',
  SignInDenied: 'The issuer did not let you sign in, or you did not want to.',
  AddressNotVouchedFor:
    'The issuer does not vouch for your e-mail address, or is not believed about it: sign up or log in with a password, then link it.',
  SignInToLink: 'There is an account with this e-mail address already: log in there, and link this one.',
  IdentityTaken: 'This belongs to another account already: unlink it there first.',
  IdentityNotFound: 'Nothing with this id is linked to your account.',
  LastWayIn: 'Nothing would be left to sign in with: choose a password or add a passkey first.',
  TooManyIdentities: (details) => `At most ${named(details, 'limit', 'so many')} may be linked: unlink one first.`,
  UserNotFound: 'This person does not exist.',
  SlugTaken: 'This slug belongs to another organization: choose another one.',
  OrgNotFound: 'Organization not found.',
  TooManyOrgs: (details) => `Nobody is in more than ${named(details, 'limit', 'so many')} organizations: leave one first.`,
  OrgNameMismatch: 'To delete the organization, send its name as it is now: `name`.',
  OrgHasRunningWork: (details) => `Not while work is running or waiting (${named(details, 'runs', 'some')} runs): end it first.`,
  OrgHasBalance: 'Not while something is owed or credit is left that was paid for: settle what is owed, or use what is left.',
  OrgSuspended: 'The organization is suspended: its members may look, end work, pay and leave. Ask the operator.',
  MemberNotFound: 'Member not found.',
  AlreadyMember: 'This person is a member already.',
  LastOwner: (details) =>
    `The last owner of an organization cannot leave or step down: make somebody else an owner ${details['org'] ? `of ${named(details, 'org', '')} ` : ''}first.`,
  InviteNotFound: 'Invite not found.',
  InviteAlreadyPending: 'An invite for this e-mail address is open already: revoke it to send another one.',
  InviteForAnother: 'This invite is for another e-mail address: log in with that one.',
  EmailNotVerified: 'The e-mail address of this account is not verified: verify it first.',
  InviteUsed: (details) => `This invite is not open any more: it was ${named(details, 'status', 'used')}.`,
  InviteExpired: 'This invite has expired: ask for another one.',
  TooManyInvites: (details) => `At most ${named(details, 'limit', 'so many')} invites may be open: revoke some first.`,
  SpaceNotFound: 'Space not found.',
  TooManySpaces: (details) => `An organization has at most ${named(details, 'limit', 'so many')} spaces: delete one first.`,
  ExpiryInThePast: 'The expiry lies in the past: choose a later moment.',
  ApiKeyNotFound: 'API key not found.',
  KeyNameTaken: 'There is a key with this name already: choose another one.',
  KeyMayNotManageKeys: 'A key with rules of its own manages no keys: log in, or use a key without.',
  PermissionsNotHeld: 'None of these permissions is yours to give: ask somebody who holds them.',
  TooManyApiKeys: (details) => `There are ${named(details, 'limit', 'too many')} keys already: revoke some first.`,
  OauthAppNotFound: 'Application not found.',
  OauthAppHasNoSecret: 'A native application keeps no secret: it shows itself by what only it can know of each question.',
  RedirectUriRefused: (details) => `Not with these redirect URIs: ${named(details, 'reason', 'choose others.')}`,
  ScopeRefused: (details) => `A service account is nobody, so ${named(details, 'scope', 'this scope')} means nothing to it.`,
  TooManyOauthApps: (details) => `There are ${named(details, 'limit', 'too many')} applications already: delete some first.`,
  OauthGrantNotFound: 'You have let no such application act for you.',
  TokenRefused: 'This is no token for an application.',
  // catalog
  ProviderNotFound: (details) => `There is no provider ${named(details, 'provider', 'of this id')}: register it first.`,
  ProviderHasModels: (details) => `${named(details, 'models', 'Some')} models in the catalog are from this provider: retire them first.`,
  ModelNotFound: (details) =>
    'model' in details
      ? `There is no model ${named(details, 'model', 'of this name')}: list the models for those that there are.`
      : 'Model not found.',
  ModelNameTaken: (details) => `Another model is called ${named(details, 'name', 'that')} already: choose another name.`,
  MachineTypeNotFound: 'Machine type not found.',
  EffectiveBeforeCurrent: 'A price book takes effect after the one before it: choose a later moment.',
  DuplicatePrice: 'Two prices are given for the same meter and resource: keep one.',
  CurrencyChanged: 'A price book keeps the currency of the one before it.',
  NoPriceBook: 'There are no prices yet: the operator has not published a price book.',
  // execution
  MachineTypeNotOffered: (details) =>
    `${typeof details['machineType'] === 'string' ? `The machine type ${details['machineType']}` : 'This machine type'} is not offered: list the machine types for what is.`,
  NoPrice: 'There is no price for this machine type yet: the operator must publish one.',
  InsufficientCredits: 'Insufficient credits: top up the account of the organization.',
  MachineTypeNotInPool: (details) =>
    `The machine type ${named(details, 'machineType', 'that you chose')} is not in the pool ${named(details, 'pool', 'that you named')}.`,
  GangTooLarge: (details) => `At most ${named(details, 'limit', 'so many')} runs start together.`,
  DeadlineTooEarly: (details) =>
    `The run could not end by this deadline: the earliest that is possible is ${named(details, 'earliest', 'now and the time it may take')}.`,
  PriorityClassNotAllowed: (details) =>
    `The priority class ${named(details, 'name', 'of this name')} is not for your organization: ask the operator for it.`,
  ProgramTooLarge: 'The program and its files are too large together.',
  RunNotFound: 'Execution not found.',
  VariableNotFound: 'Environment variable not found.',
  TooManyVariables: (details) =>
    `An organization has at most ${named(details, 'limit', 'so many')} environment variables: remove some first.`,
  VariablesTooLarge: (details) =>
    `The environment variables of an organization have at most ${named(details, 'limit', 'so many')} bytes together, each counted in whole blocks: remove some first.`,
  BadJoinToken: 'This join token is unknown, expired or was used before: create another one.',
  WorkerNotFound: 'Worker not found.',
  SchedulerChangingHands: 'The scheduler is just changing hands: ask again in a moment.',
  SchedulerBusy: 'The scheduler has more questions than it can answer now: ask again in a moment.',
  SchedulerTooLarge: (details) =>
    `There are more than ${named(details, 'limit', 'so many')} machines and requests now, and finding this out of them would keep the scheduler from its work: ask again when there are fewer. Runs can be listed, and each says why it waits.`,
  QuotaNotFound: 'Nothing is set of this node of the quota tree.',
  QuotaParentNotFound: (details) =>
    `Nothing is set of ${named(details, 'parent', 'the node')} that it should stand below: set that first, with no guarantees if it needs none.`,
  QuotaParentWrong: (details) => `It cannot stand there: ${named(details, 'mend', 'name another parent')}.`,
  QuotaCycle: (details) =>
    `${named(details, 'parent', 'The parent')} stands below ${named(details, 'node', 'this node')} itself: name another parent.`,
  QuotaTooDeep: (details) => `The quota tree has at most ${named(details, 'limit', 'so many')} levels: name a parent further up.`,
  GuaranteeAboveLimit: (details) => `More would be guaranteed than is allowed: ${named(details, 'reason', 'guarantee less')}.`,
  TooManyQuotas: (details) => `The quota tree has at most ${named(details, 'limit', 'so many')} nodes: remove some first.`,
  QuotaHasChildren: (details) =>
    `${named(details, 'children', 'Some')} nodes stand below this one: remove them first, or set them below another one.`,
  PriorityClassNotFound: (details) =>
    `There is no priority class ${named(details, 'name', 'of this name')}: list the priority classes for those that there are.`,
  PriorityClassInUse: (details) =>
    `It is the highest class of ${named(details, 'node', 'a node of the quota tree')}: set another one there first.`,
  TooManyPriorityClasses: (details) => `There are ${named(details, 'limit', 'too many')} priority classes already: remove some first.`,
  PoolNotFound: 'No policy is set for a pool of this name.',
  TooManyUpstreams: (details) => `There are ${named(details, 'limit', 'too many')} upstreams already: remove some first.`,
  UpstreamNotFound: 'There is no upstream of this name.',
  UpstreamInUse: (details) => `The route ${named(details, 'route', 'of some model')} names this upstream: take it out there first.`,
  UpstreamUnknown: (details) => `There is no upstream ${named(details, 'upstream', 'of that name')}: set it first.`,
  FallbackUnknown: (details) => `There is no other route ${named(details, 'route', 'of that name')} to fall back to: set it first.`,
  ModelTaken: (details) =>
    `The route ${named(details, 'route', 'of another name')} answers for ${named(details, 'model', 'one of these models')} already.`,
  TooManyRoutes: (details) => `There are ${named(details, 'limit', 'too many')} routes already: remove some first.`,
  RequestNotFound: 'There is no such request in the inference log of this organization.',
  ModelRouteNotFound: 'There is no route of this name.',
  BadPattern: (details) =>
    `Pattern ${named(details, 'number', '1')} of the guardrail ${named(details, 'guardrail', 'that was sent')} cannot be used: ${named(details, 'reason', 'it is no expression in the syntax of RE2')}.`,
  NothingToLimit: (details) =>
    `There is no ${named(details, 'value', 'such thing')} to limit in this organization: look at ${named(details, 'field', 'thing')}.`,
  GuardrailNotPublic: (details) =>
    `The url of the guardrail ${named(details, 'guardrail', 'that was sent')} cannot be asked: ${named(details, 'reason', 'the host is not a public one')}. Name a public host, with TLS, or ask the operator to trust it.`,
  TooManyLimits: (details) => `There are ${named(details, 'limit', 'too many')} limits already: take some away first.`,
  RouteInUse: (details) => `The route ${named(details, 'route', 'of some model')} falls back to this one: change that first.`,
  TooManyPools: (details) => `There are ${named(details, 'limit', 'too many')} pools already: remove some first.`,
  TooManyPromises: (details) => `There are ${named(details, 'limit', 'too many')} promises already: withdraw some first.`,
  DrainTooEarly: (details) =>
    `The drain cannot have ended at ${named(details, 'endsAt', 'that time')} already: name a later one, or leave it out so that work may run to its end.`,
  StaleEpoch: 'This attempt was given away since.',
  CannotRun: 'The machine cannot run this.',
  AttemptUnknown: 'The machine does not hold this attempt.',
  // observability
  TooManyPoints: 'That would be too many points: ask for a shorter time or a longer step.',
  // billing
  AccountNotFound: 'The organization has no account yet: it is opened a moment after the organization.',
  AmountNotPositive: 'The amount must be greater than zero.',
  // the bus
  InvalidInput: 'The request is not valid.',
  Unauthenticated: (details) => named(details, 'reason', 'Not authenticated: send an API key or an access token as a bearer.'),
  SecondFactorNeeded: 'Log-in is not complete: send the second factor first.',
  Forbidden: (details) => {
    const needs = named(details, 'needs', '');
    return `Not permitted${needs === '' ? '' : `: this needs ${whoIs.get(needs) ?? needs}`}.`;
  },
  Overloaded: 'The service has more to do than it can take: try again in a moment.',
  // models
  ...usageSentences,
  // the edge
  MalformedRequest: (details) => named(details, 'reason', 'The request is malformed.'),
  MalformedJson: (details) => `The body is not JSON: ${named(details, 'reason', 'it cannot be parsed')}.`,
  NotUtf8: 'The body is not UTF-8.',
  NestedTooDeep: (details) => `The body is nested deeper than ${named(details, 'limit', 'allowed')}.`,
  RepeatedParameter: (details) => `The query parameter ${named(details, 'name', 'of this name')} is given more than once: give it once.`,
  BadIdempotencyKey: 'An Idempotency-Key has 1 to 255 printable ASCII characters: send a UUID, for example.',
  ConflictingCredentials: (details) =>
    `Two keys are sent that differ, in Authorization and in ${named(details, 'header', 'another header')}: send one of them.`,
  AddressNotAllowed: 'This API key may not be used from this address.',
  CrossSite: 'This changes something, and no page of this platform asked for it: send a bearer instead of the cookie.',
  NotAMember: 'Not a member of this organization.',
  TooManyExports: 'Other exports of this organization are still under way: try again when they have ended.',
  NoOrganization: 'You belong to no organization: create one, or accept an invitation.',
  RouteNotFound: (details) => `There is nothing at ${named(details, 'path', 'this path')}.`,
  MethodNotAllowed: (details) => `Only ${named(details, 'allow', 'other methods')} can be used here.`,
  RequestTimedOut: 'The request did not arrive in time.',
  PayloadTooLarge: (details) =>
    `${details['part'] === 'answer' ? 'The answer' : 'The body'} is larger than ${named(details, 'limit', 'the limit of')} bytes.`,
  UnsupportedMediaType: (details) => named(details, 'reason', 'The body must be application/json.'),
  IdempotencyKeyReused: 'This Idempotency-Key was used with another request: use a new key for a new request.',
  ModelFailed: 'The model server failed, or refused the platform: nothing that did not arrive is charged. Try again.',
  ModelBusy: 'Every server of this model is busy: try again in a few seconds.',
  ModelUnavailable: 'No server answers for this model just now: try again later.',
  ModelTimedOut: 'The model server did not answer in time: try again.',
  ModelRefused: 'The model server refused the request.',
  GatewayFull: 'So much is on its way to models that this gateway holds no more of it: try again in a second.',
  UsageUntold: 'What was used cannot be written down just now, so nothing is let in: try again in a few seconds.',
  RateLimited: (details) => `Too many requests: try again in ${named(details, 'retryAfterSeconds', 'a few')} s.`,
  HeadersTooLarge: 'The request line and headers are too large together.',
  Fault: 'Something broke on our side. The trace id of this answer leads to it.',
  ServiceUnavailable: (details) => `${theService(details)} is not available at the moment: try again soon.`,
  ShuttingDown: 'This instance is stopping: try again at once.',
  DeadlineExceeded: (details) =>
    `${theService(details)} did not answer in time. Whether the request had its effect is unknown: repeat it with the same Idempotency-Key.`,
};

const words = (code: string): string => code.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, ' ').toLowerCase();

/** `RunNotFound` → `Run not found`. */
export const titleOf = (code: string): string => {
  const text = words(code);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export const hasSentence = (code: string): boolean => Object.hasOwn(sentences, code);

export const sentenceOf = (code: string, details: Details): string => {
  const sentence = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
  if (sentence === undefined) return `${titleOf(code)}.`;
  return typeof sentence === 'string' ? sentence : sentence(details);
};
