import { type execution, instantOf, OrgId } from '@orrery/contracts';
import { promiseKey } from './rules-state.ts';
import { concerning, type Today, told, warningsOf } from './warnings.ts';

const org = OrgId.parse('01900000-0000-7000-8000-000000000001');
const setAt = instantOf(0);

const quota = (node: string, more: Partial<execution.Quota> = {}): execution.QuotaView => ({
  ...{ node, parent: null, weight: 1, guaranteedMilli: {}, limitMilli: {}, highestClass: null, setAt },
  ...more,
});
const decided = (quotas: readonly execution.QuotaView[], promises: readonly execution.IslandPromise[] = []) => ({
  quotas: Object.fromEntries(quotas.map((each) => [each.node, each])),
  promises: Object.fromEntries(promises.map((each) => [promiseKey(each), { ...each, setAt }])),
});
const today = (more: Partial<Today> = {}): Today => ({
  capacity: { a100: 8_000, cpu: 64_000 },
  islands: [],
  unknownOrgs: new Set(),
  ...more,
});
const says = (...args: Parameters<typeof warningsOf>): readonly string[] => told(warningsOf(...args));

const a = quota('a', { guaranteedMilli: { a100: 4_000 } });
const b = quota('b', { parent: 'a', guaranteedMilli: { a100: 6_500 } });

describe('a warning', () => {
  it('is given where more is guaranteed below than above', () => {
    expect(says(decided([a, b]), today())).toEqual(['What stands below a is guaranteed 6.5 a100, and a itself only 4 a100.']);
    expect(says(decided([a]), today())).toEqual([]);
  });

  it('is given where more is guaranteed than there is', () => {
    expect(says(decided([quota('a', { guaranteedMilli: { a100: 9_000 } })]), today())).toEqual([
      'In all 9 a100 are guaranteed, and the connected machines have 8 a100: not everybody can have theirs at the same time.',
    ]);
  });

  it.each(['guaranteedMilli', 'limitMilli'] as const)(
    'is given where no machine has the model in %s, with those that there are',
    (field) => {
      const [first] = says(decided([quota('a', { [field]: { a1000: 1_000 } })]), today());
      expect(first).toBe('What is set of a names a1000, and no connected machine has such a GPU: they have a100.');
      expect(says(decided([quota('a', { limitMilli: { cpu: 1 } })]), today({ capacity: {} }))).toEqual([]);
    },
  );

  it('is given where nobody knows the organization, of a quota, a project of it and a promise', () => {
    const unknown = today({ unknownOrgs: new Set([org]), islands: [{ model: 'a100', size: 8, count: 1 }] });
    const promise = { orgId: org, model: 'a100', size: 8, count: 1 };
    expect(says(decided([quota(org), quota(`${org}/x`, { parent: org })]), unknown)).toEqual([
      `There is no organization ${org}: what is set of ${org} is nobody's.`,
      `There is no organization ${org}: what is set of ${org}/x is nobody's.`,
    ]);
    expect(says(decided([], [promise]), unknown)).toEqual([`There is no organization ${org}: what is set of ${org} is nobody's.`]);
    expect(says(decided([quota(org)], [promise]), { ...unknown, unknownOrgs: new Set() })).toEqual([]);
  });

  it('is given where fewer islands are there than are promised, larger ones counted', () => {
    const promises = [
      { orgId: org, model: 'a100', size: 4, count: 2 },
      { orgId: org, model: 'a100', size: 8, count: 1 },
    ];
    const islands = (eights: number) => today({ islands: [{ model: 'a100', size: 8, count: eights }] });
    expect(says(decided([], promises), islands(2))).toEqual([
      'In all 3 islands of at least 4 a100 are promised, and the connected machines have 2.',
    ]);
    expect(says(decided([], promises), islands(3))).toEqual([]);
    expect(says(decided([], [{ orgId: org, model: 'a100', size: 16, count: 1 }]), islands(3))).toHaveLength(1);
  });

  it('concerns the node that was set, what is above it, and what it is guaranteed', () => {
    const other = quota('other', { guaranteedMilli: { h100: 1_000 } });
    const all = decided([a, b, other]);
    const warnings = warningsOf(all, today());
    expect(told(concerning(warnings, all, 'b'))).toEqual(['What stands below a is guaranteed 6.5 a100, and a itself only 4 a100.']);
    expect(told(concerning(warnings, all, 'other')).every((message) => message.includes('h100'))).toBe(true);
  });

  it('is one of the first fifty', () => {
    const many = Array.from({ length: 60 }, (_, n) => quota(`n${n}`, { limitMilli: { x: 1 } }));
    expect(says(decided(many), today())).toHaveLength(51);
    expect(says(decided(many), today()).at(-1)).toBe('… and 10 more.');
  });
});
