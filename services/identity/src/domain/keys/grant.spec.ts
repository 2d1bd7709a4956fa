import { type identity, type Permission, permissions } from '@orrery/contracts';
import fc from 'fast-check';
import { cut, isNarrow, permissionsOfMember } from './grant.ts';

const some = fc.subarray([...permissions]);
const scopes: fc.Arbitrary<identity.KeyScope[] | null> = fc.option(
  fc.array(
    fc
      .record({
        permissions: fc.subarray([...permissions], { minLength: 1 }),
        resources: fc.array(fc.uuid(), { minLength: 1, maxLength: 3 }),
      })
      .chain(({ permissions: each, resources }) => fc.constantFrom({ permissions: each }, { permissions: each, resources })),
    { minLength: 1, maxLength: 5 },
  ),
);

const named = (given: readonly identity.KeyScope[] | null | undefined): readonly Permission[] =>
  given === undefined ? [] : given === null ? permissionsOfMember : given.flatMap((scope) => scope.permissions);

describe('What is given to a key', () => {
  it('is never more than the giver holds, nor more than was wished for', () => {
    fc.assert(
      fc.property(scopes, some, (wished, held) => {
        const given = named(cut(wished, held));
        expect(given.every((permission) => held.includes(permission))).toBe(true);
        expect(given.every((permission) => named(wished).includes(permission))).toBe(true);
      }),
    );
  });

  it('is all that is wished for and held', () => {
    fc.assert(
      fc.property(scopes, some, (wished, held) => {
        const given = named(cut(wished, held));
        for (const permission of named(wished)) expect(given.includes(permission)).toBe(held.includes(permission));
      }),
    );
  });

  it('keeps what it holds for', () => {
    fc.assert(
      fc.property(scopes, some, (wished, held) => {
        for (const scope of cut(wished, held) ?? []) {
          const source = wished === null ? { resources: undefined } : wished.find((each) => each.resources === scope.resources);
          expect(source?.resources).toBe(scope.resources);
        }
      }),
    );
  });

  it('is not cut again by the same giver', () => {
    fc.assert(
      fc.property(scopes, some, (wished, held) => {
        const once = cut(wished, held);
        if (once !== undefined) expect(cut(once, held)).toEqual(once);
      }),
    );
  });
});

describe('A key', () => {
  const wide = { scopes: null, models: null, addresses: null, monthlyTokens: null, monthlySpend: null, spaceId: null, expiresAt: null };

  it('is narrow by every rule but its permissions', () => {
    expect(isNarrow(wide)).toBe(false);
    expect(isNarrow({ ...wide, scopes: [{ permissions: ['runs:read'] }] })).toBe(false);
    const rules = [
      { scopes: [{ permissions: ['runs:read' as const], resources: ['one'] }] },
      { models: ['gpt'] },
      { addresses: ['10.0.0.0/8'] },
      { monthlyTokens: 0 },
      { monthlySpend: '0' as identity.KeyRules['monthlySpend'] },
      { expiresAt: '2026-01-01T00:00:00.000Z' },
    ];
    for (const rule of rules) expect([rule, isNarrow({ ...wide, ...rule })]).toEqual([rule, true]);
  });
});
