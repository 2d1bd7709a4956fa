import { OrgId, UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import fc from 'fast-check';
import { type Choice, DefaultOrg, defaultOf, type Joined } from './default-org.ts';

const org = (last: number) => OrgId.parse(`0199a000-0000-7000-8000-00000000000${last}`);
const day = (n: number) => `2026-01-0${n}T00:00:00.000Z`;
const userId = UserId.parse('0199a000-0000-7000-8000-000000000009');
const { given } = specify(DefaultOrg);

describe('the default organization of a person', () => {
  it('is the chosen one', () => {
    const there = [
      { orgId: org(1), joinedAt: day(1) },
      { orgId: org(2), joinedAt: day(2) },
    ];
    expect(defaultOf(there, { orgId: org(2), at: day(3) })).toBe(org(2));
  });

  it('is the one they have been in the longest where none was chosen, or they left the chosen one', () => {
    const there = [
      { orgId: org(2), joinedAt: day(2) },
      { orgId: org(1), joinedAt: day(1) },
    ];
    expect(defaultOf(there, undefined)).toBe(org(1));
    expect(defaultOf(there, { orgId: org(3), at: day(3) })).toBe(org(1));
  });

  it('is not one that they chose, left and came back to', () => {
    const there = [
      { orgId: org(1), joinedAt: day(1) },
      { orgId: org(2), joinedAt: day(4) },
    ];
    expect(defaultOf(there, { orgId: org(2), at: day(3) })).toBe(org(1));
  });

  it('is exactly one of their organizations, in whatever order they are looked at; nowhere there is none', () => {
    const joined: fc.Arbitrary<Joined> = fc.record({
      orgId: fc.integer({ min: 1, max: 6 }).map(org),
      joinedAt: fc.integer({ min: 1, max: 5 }).map(day),
    });
    const places = fc.uniqueArray(joined, { selector: ({ orgId }) => orgId, maxLength: 6 });
    const choice = fc.option(
      fc.record<Choice>({ orgId: fc.integer({ min: 1, max: 6 }).map(org), at: fc.integer({ min: 1, max: 5 }).map(day) }),
      {
        nil: undefined,
      },
    );
    fc.assert(
      fc.property(places, choice, (memberships, chosen) => {
        const found = defaultOf(memberships, chosen);
        expect(memberships.filter(({ orgId }) => orgId === found)).toHaveLength(memberships.length === 0 ? 0 : 1);
        expect(defaultOf([...memberships].reverse(), chosen)).toBe(found);
      }),
    );
  });

  it('is chosen once, and anew after they came back', () => {
    const choose = (joinedAt: string, at: string) => ({ type: 'Choose', userId, orgId: org(1), joinedAt, at }) as const;
    const chosen = { type: 'DefaultOrgChosen', data: { userId, orgId: org(1), at: day(2) } } as const;
    given()
      .when(choose(day(1), day(2)))
      .thenEvents(chosen);
    given(chosen)
      .when(choose(day(1), day(3)))
      .thenNothing();
    given(chosen)
      .when(choose(day(3), day(4)))
      .thenEvents({ type: 'DefaultOrgChosen', data: { userId, orgId: org(1), at: day(4) } });
  });
});
