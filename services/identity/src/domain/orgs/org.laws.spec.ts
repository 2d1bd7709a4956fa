import type { UserId } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { lawsOf } from '@orrery/testing';
import fc from 'fast-check';
import { ada, at, bob, create, created, eve, inviteId } from '../../../test/facts/org-facts.ts';
import { type Command, type Event, Org, type State } from './org.ts';

const person = fc.constantFrom(ada, bob, eve);
const role = fc.constantFrom('owner', 'admin', 'member', 'billing', 'viewer' as const);
const email = fc.constantFrom('ada@example.com', 'bob@example.com');

const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.constant<Command>(create),
  fc.record({
    type: fc.constant('Update' as const),
    name: fc.constantFrom('Acme', 'Other'),
    billingEmail: email,
    by: person,
    at: fc.constant(at),
  }),
  fc.record({ type: fc.constant('Join' as const), userId: person, role, inviteId: fc.constant(inviteId), at: fc.constant(at) }),
  fc.record({ type: fc.constant('Vouch' as const), by: fc.option(person) }),
  fc.record({ type: fc.constant('ChangeRole' as const), userId: person, role, by: person, at: fc.constant(at) }),
  fc.record({ type: fc.constant('Transfer' as const), to: person, by: person, at: fc.constant(at) }),
  fc.record({ type: fc.constant('Remove' as const), userId: person, by: person, at: fc.constant(at) }),
  fc.record({ type: fc.constant('Forget' as const), userId: person, email, at: fc.constant(at) }),
  fc.record({ type: fc.constantFrom('Suspend' as const), reason: fc.constant('abuse'), at: fc.constant(at) }),
  fc.record({ type: fc.constant('Reinstate' as const), at: fc.constant(at) }),
  fc.record({
    type: fc.constant('Delete' as const),
    by: person,
    typedName: fc.constantFrom('Acme', 'Other', null),
    standing: fc.record({ openRuns: fc.constantFrom(0, 1), isSettled: fc.boolean() }),
    at: fc.constant(at),
  }),
  fc.record({ type: fc.constant('Disband' as const), userIds: fc.array(person, { maxLength: 3 }), at: fc.constant(at) }),
);

const afterAll = (history: readonly Command[], each: (state: State, events: readonly Event[]) => void): void => {
  let state = fold(Org, created);
  for (const command of history) {
    const decision = Org.decide(command, state);
    const events = decision.accepted ? decision.events : [];
    state = fold(Org, events, state);
    each(state, events);
  }
};

const ownersOf = (state: State): number =>
  state.status === 'Absent' ? 0 : Object.values(state.roles).filter((each) => each === 'owner').length;

describe('an organization, whatever happens to it', () => {
  it.each(lawsOf(Org, commands))('$name', ({ check }) => check());

  it('has an owner for as long as it exists', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 40 }), (history) =>
        afterAll(history, (state) => {
          if (state.status !== 'Deleted') expect(ownersOf(state)).toBeGreaterThan(0);
        }),
      ),
      { numRuns: 1_000 },
    );
  });

  it('gives nobody a role but by an owner, or by an invite', () => {
    const giver = ({ type, data }: Event): UserId | undefined => {
      if (type === 'MemberRoleChanged') return data.by;
      return type === 'OwnershipTransferred' ? data.from : undefined;
    };
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 40 }), (history) => {
        let before = fold(Org, created);
        afterAll(history, (state, events) => {
          const givers = events.flatMap((event) => giver(event) ?? []);
          for (const by of givers) expect(before).toMatchObject({ roles: { [by]: 'owner' } });
          before = state;
        });
      }),
      { numRuns: 500 },
    );
  });

  it('takes nobody in while it is suspended, nor after its end', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 40 }), (history) => {
        let before = fold(Org, created);
        afterAll(history, (state, events) => {
          if (before.status !== 'Active') expect(events.map(({ type }) => type)).not.toContain('MemberJoined');
          before = state;
        });
      }),
    );
  });
});
