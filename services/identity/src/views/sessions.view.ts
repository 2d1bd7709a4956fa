import { epochOf, type Instant, identity, instantOf, type UserId } from '@orrery/contracts';
import { boolean, type Fact, instant, nullable, type TableRow, text, uuid, view } from '@orrery/event-store';

/** For clocks that differ. */
const graceMs = 60_000;

/** When the last access token that was signed before this moment has expired. */
const forgottenAt = (at: Instant): Instant => instantOf(epochOf(at) + identity.accessTokenSeconds * 1_000 + graceMs);

export const sessions = view({
  name: 'sessions',
  table: 'sessions',
  columns: {
    id: uuid<identity.SessionId>(),
    userId: uuid<UserId>(),
    method: text<identity.SignInMethod>(),
    ip: nullable(text()),
    userAgent: nullable(text()),
    owesSecondFactor: boolean(),
    isOpen: boolean(),
    createdAt: instant(),
    lastSeenAt: instant(),
    expiresAt: instant(),
    /** Until when gateways must be told what its access tokens do not say. */
    toldUntil: nullable(instant()),
  },
  key: ['id'],
  indexes: [['userId', 'id'], ['toldUntil']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'SessionOpened': {
        const { sessionId: id, at, ...opened } = event.data;
        return [{ put: { ...opened, id, isOpen: true, createdAt: at, lastSeenAt: at, toldUntil: null } }];
      }
      case 'RefreshTokenIssued': {
        const { sessionId: id, expiresAt, at: lastSeenAt } = event.data;
        return [{ patch: { id }, set: { expiresAt, lastSeenAt } }];
      }
      case 'SessionCompleted': {
        const { sessionId: id, expiresAt, at } = event.data;
        return [{ patch: { id }, set: { owesSecondFactor: false, expiresAt, toldUntil: forgottenAt(at) } }];
      }
      case 'SessionRevoked':
        return [{ patch: { id: event.data.sessionId }, set: { isOpen: false, toldUntil: forgottenAt(event.data.at) } }];
      default:
        return [];
    }
  },
});

export type SessionRow = TableRow<typeof sessions>;

/** What a gateway is told of a session, where its tokens do not say it. */
export const sessionSnapshotOf = ({ isOpen, toldUntil }: SessionRow): identity.SessionSnapshot | undefined =>
  toldUntil === null ? undefined : { state: isOpen ? 'complete' : 'revoked', until: toldUntil };
