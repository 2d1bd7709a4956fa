import { identity, OrgId, UserId } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { lawsOf, specify } from '@orrery/testing';
import fc from 'fast-check';
import { type Answer, type Command, type Event, type Hold, holdsOf, Invite, type State, statusAt } from './invite.ts';

const id = (last: number): string => `0199a000-0000-7000-8000-${String(last).padStart(12, '0')}`;
const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-03T00:00:00.000Z';
const expiresAt = '2026-01-08T00:00:00.000Z';
const inviteId = identity.InviteId.parse(id(1));
const orgId = OrgId.parse(id(2));
const [ada, bob] = [UserId.parse(id(3)), UserId.parse(id(4))];
const [shownHash, mailedHash] = ['a'.repeat(64), 'b'.repeat(64)];
const email = 'bob@example.com';
const terms = { inviteId, orgId, email, role: 'member', space: null } as const;

const create: Command = { type: 'Create', ...terms, invitedBy: ada, shownHash, mailedHash, expiresAt, at };
const created: readonly Event[] = [
  { type: 'InviteCreated', data: { ...terms, invitedBy: ada, expiresAt, at } },
  { type: 'InviteSecretsSet', data: { inviteId, orgId, shownHash, mailedHash, at } },
];
const answer = (more: Partial<Answer> = {}): Answer => ({
  userId: bob,
  email,
  isEmailVerified: true,
  secretHash: mailedHash,
  at: later,
  ...more,
});
const accept = (more: Partial<Answer> = {}): Command => ({ type: 'Accept', ...answer(more) });
const accepted: Event = { type: 'InviteAccepted', data: { inviteId, orgId, userId: bob, at: later } };
const revoked: Event = { type: 'InviteRevoked', data: { inviteId, orgId, by: ada, at: later } };

const { given } = specify(Invite);

describe('an invite', () => {
  it('is made once, and its secrets apart from what others may know', () => {
    given()
      .when(create)
      .thenEvents(...created);
    given(...created)
      .when(create)
      .thenRejected('InviteAlreadyExists');
  });

  it('is accepted with either secret by whoever has the address it is for', () => {
    for (const secretHash of [shownHash, mailedHash]) {
      given(...created)
        .when(accept({ secretHash, isEmailVerified: false }))
        .thenEvents(accepted);
    }
  });

  it('is accepted without a secret by its addressee alone; for others it is not there', () => {
    given(...created)
      .when(accept({ secretHash: null }))
      .thenEvents(accepted);
    for (const stranger of [{ email: 'eve@example.com' }, { isEmailVerified: false }]) {
      given(...created)
        .when(accept({ secretHash: null, ...stranger }))
        .thenRejected('InviteNotFound');
    }
    given()
      .when(accept({ secretHash: null }))
      .thenRejected('InviteNotFound');
  });

  it('is not there for whoever has another secret, the addressee included', () => {
    given(...created)
      .when(accept({ secretHash: 'c'.repeat(64) }))
      .thenRejected('InviteNotFound');
  });

  it('is for nobody else', () => {
    given(...created)
      .when(accept({ email: 'eve@example.com' }))
      .thenRejected('InviteForAnother');
  });

  it('is used once', () => {
    given(...created, accepted)
      .when(accept())
      .thenRejected('InviteUsed', { status: 'accepted' });
    given(...created, accepted)
      .when({ type: 'Decline', ...answer() })
      .thenRejected('InviteUsed', { status: 'accepted' });
    given(...created, revoked)
      .when(accept())
      .thenRejected('InviteUsed', { status: 'revoked' });
  });

  it('is turned down', () => {
    given(...created)
      .when({ type: 'Decline', ...answer() })
      .thenEvents({ type: 'InviteDeclined', data: { inviteId, orgId, userId: bob, at: later } });
  });

  it('ends with its time, whether or not anybody has noted it', () => {
    given(...created)
      .when(accept({ at: expiresAt }))
      .thenRejected('InviteExpired');
    const expired: Event = { type: 'InviteExpired', data: { inviteId, orgId, at: expiresAt } };
    given(...created)
      .when({ type: 'Expire', at: expiresAt })
      .thenEvents(expired);
    given(...created)
      .when({ type: 'Expire', at: later })
      .thenNothing();
    given(...created, expired)
      .when(accept({ at: expiresAt }))
      .thenRejected('InviteExpired');
  });

  it('is taken back by its organization, unless it was accepted', () => {
    const revoke = { type: 'Revoke', orgId, by: ada, at: later } as const;
    given(...created)
      .when(revoke)
      .thenEvents(revoked);
    given(...created, revoked)
      .when(revoke)
      .thenNothing();
    given(...created, accepted)
      .when(revoke)
      .thenRejected('InviteUsed', { status: 'accepted' });
    given(...created)
      .when({ ...revoke, orgId: OrgId.parse(id(9)) })
      .thenRejected('InviteNotFound');
    given().when(revoke).thenRejected('InviteNotFound');
  });
});

const moment = fc.constantFrom(at, later, expiresAt);
const answers = fc.record({
  userId: fc.constantFrom(ada, bob),
  email: fc.constantFrom(email, 'eve@example.com'),
  isEmailVerified: fc.boolean(),
  secretHash: fc.constantFrom(null, shownHash, mailedHash, 'c'.repeat(64)),
  at: moment,
});
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.constant(create),
  fc.tuple(fc.constantFrom('Accept' as const, 'Decline' as const), answers).map(([type, each]) => ({ type, ...each })),
  moment.map((when): Command => ({ type: 'Revoke', orgId, by: null, at: when })),
  moment.map((when): Command => ({ type: 'Expire', at: when })),
);

describe('an invite, whatever happens to it', () => {
  it.each(lawsOf(Invite, commands))('$name', ({ check }) => check());

  it('ends once, and brings at most one person in', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 30 }), (history) => {
        let state: State = Invite.initial;
        const events: Event[] = [];
        for (const command of history) {
          const decision = Invite.decide(command, state);
          if (!decision.accepted) continue;
          events.push(...decision.events);
          state = fold(Invite, decision.events, state);
        }
        expect(events.filter(({ type }) => type !== 'InviteCreated' && type !== 'InviteSecretsSet').length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

/** Claims as the store keeps them: whoever wants what somebody holds gets nothing. */
class Holder {
  readonly held = new Map<string, string>();

  commit(invite: string, holds: readonly Hold[]): boolean {
    const keyOf = ({ orgId: org, spaceId, email: address }: Hold) => `${org} ${spaceId} ${address}`;
    const isFree = holds.every((hold) => hold.act === 'release' || !this.held.has(keyOf(hold)));
    if (!isFree) return false;
    for (const hold of holds) {
      if (hold.act === 'take') this.held.set(keyOf(hold), invite);
      else if (this.held.get(keyOf(hold)) === invite) this.held.delete(keyOf(hold));
    }
    return true;
  }
}

describe('invites of one organization', () => {
  const numbers = fc.integer({ min: 1, max: 5 });
  const addresses = fc.constantFrom('bob@example.com', 'eve@example.com');
  const steps = fc.tuple(
    numbers,
    fc.oneof(
      commands,
      fc.tuple(addresses, commands).map(([address]) => ({ ...create, email: address })),
    ),
  );

  /** What became of several invites, each step committed only where its claims are free. */
  const afterAll = (history: readonly (readonly [number, Command])[]) => {
    const states = new Map<number, State>();
    const holder = new Holder();
    for (const [number, wish] of history) {
      const own = identity.InviteId.parse(id(100 + number));
      const before = states.get(number) ?? Invite.initial;
      const decision = Invite.decide(wish.type === 'Create' ? { ...wish, inviteId: own } : wish, before);
      if (!decision.accepted) continue;
      const after = fold(Invite, decision.events, before);
      if (holder.commit(own, holdsOf(decision.events, after))) states.set(number, after);
    }
    return { open: [...states.values()].flatMap((state) => (state.status === 'pending' ? [state.email] : [])), held: holder.held.size };
  };

  it('are at most one open at a time for each address, whatever happens to them', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), (history) => {
        const { open, held } = afterAll(history);
        expect(new Set(open).size).toBe(open.length);
        expect(held).toBe(open.length);
      }),
      { numRuns: 500 },
    );
  });

  it('hold an address that time has freed until somebody notes it', () => {
    const state = fold(Invite, created);
    if (state.status === 'Absent') throw new Error('it was made');
    expect(statusAt(state, expiresAt)).toBe('expired');
    const noted: Event = { type: 'InviteExpired', data: { inviteId, orgId, at: expiresAt } };
    expect(holdsOf([noted], fold(Invite, [noted], state))).toEqual([{ act: 'release', orgId, spaceId: null, email }]);
  });
});
