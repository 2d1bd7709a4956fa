import { execution, type OrgId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { defaultSettings } from '../scheduler/settings.ts';
import { type RulesEvent, SchedulingRules } from './rules.ts';

const by = 'operator:op';
const at = '2026-01-01T00:00:00.000Z';
const said = { by, at };
const org = '0199a000-0000-7000-8000-000000000001' as OrgId;
const other = '0199a000-0000-7000-8000-000000000002' as OrgId;

const quota = (node: string, more: Partial<execution.Quota> = {}): execution.Quota => ({
  node,
  parent: null,
  weight: 1,
  guaranteedMilli: {},
  limitMilli: {},
  highestClass: null,
  ...more,
});
const quotaSet = (node: string, more: Partial<execution.Quota> = {}): RulesEvent => ({
  type: 'QuotaSet',
  data: { ...quota(node, more), ...said },
});
const setQuota = (node: string, more: Partial<execution.Quota> = {}) => ({ type: 'SetQuota', quota: quota(node, more), ...said }) as const;
const classSet = (name: string, rank: number): RulesEvent => ({
  type: 'PriorityClassSet',
  data: { name, rank, description: '', ...said },
});

const { given } = specify(SchedulingRules);

describe('a quota', () => {
  it('is set, changed and removed', () => {
    given().when(setQuota('research')).thenEvents(quotaSet('research'));
    given(quotaSet('research'))
      .when(setQuota('research', { weight: 2 }))
      .thenEvents(quotaSet('research', { weight: 2 }));
    given(quotaSet('research'))
      .when({ type: 'RemoveQuota', node: 'research', ...said })
      .thenEvents({ type: 'QuotaRemoved', data: { node: 'research', ...said } });
  });

  it('stays where it is set again, in whatever order its resources are named', () => {
    const known = quotaSet(org, { guaranteedMilli: { a100: 4_000, h100: 1_000 } });
    given(known)
      .when(setQuota(org, { guaranteedMilli: { h100: 1_000, a100: 4_000 } }))
      .thenNothing();
  });

  it('stands below something that is there', () => {
    given()
      .when(setQuota(org, { parent: 'research' }))
      .thenRejected('QuotaParentNotFound');
    given()
      .when(setQuota(`${org}/vision`, { parent: org }))
      .thenRejected('QuotaParentNotFound');
    given(quotaSet('research'))
      .when(setQuota(org, { parent: 'research' }))
      .thenEvents(quotaSet(org, { parent: 'research' }));
  });

  it('stands where its kind belongs: a project below its organization, an organization or a cohort below a cohort', () => {
    given(quotaSet(other))
      .when(setQuota(`${org}/vision`, { parent: other }))
      .thenRejected('QuotaParentWrong');
    given(quotaSet(other))
      .when(setQuota(org, { parent: other }))
      .thenRejected('QuotaParentWrong');
    given(quotaSet(org))
      .when(setQuota('research', { parent: org }))
      .thenRejected('QuotaParentWrong');
  });

  it('never stands below itself', () => {
    given()
      .when(setQuota('a', { parent: 'a' }))
      .thenRejected('QuotaCycle');
    given(quotaSet('a'), quotaSet('b', { parent: 'a' }), quotaSet('c', { parent: 'b' }))
      .when(setQuota('a', { parent: 'c' }))
      .thenRejected('QuotaCycle');
  });

  it('is not deeper than trees may be, with all that stands below it', () => {
    const chain = Array.from({ length: execution.deepestQuota }, (_, depth) =>
      quotaSet(`c${depth}`, { parent: depth === 0 ? null : `c${depth - 1}` }),
    );
    given(...chain)
      .when(setQuota('below', { parent: 'c7' }))
      .thenRejected('QuotaTooDeep');
    given(...chain, quotaSet('top'))
      .when(setQuota('c0', { parent: 'top' }))
      .thenRejected('QuotaTooDeep');
  });

  it('guarantees nothing that a limit forbids, its own or one above or below', () => {
    given()
      .when(setQuota('a', { guaranteedMilli: { a100: 2_000 }, limitMilli: { a100: 1_000 } }))
      .thenRejected('GuaranteeAboveLimit');
    const above = quotaSet('a', { limitMilli: { a100: 8_000 } });
    given(above, quotaSet('b', { parent: 'a', guaranteedMilli: { a100: 5_000 } }))
      .when(setQuota('c', { parent: 'a', guaranteedMilli: { a100: 4_000 } }))
      .thenRejected('GuaranteeAboveLimit');
    given(quotaSet('a'), quotaSet('b', { parent: 'a', guaranteedMilli: { a100: 5_000 } }))
      .when(setQuota('a', { limitMilli: { a100: 4_000 } }))
      .thenRejected('GuaranteeAboveLimit');
  });

  it('is not removed from under others', () => {
    given(quotaSet('a'), quotaSet('b', { parent: 'a' }))
      .when({ type: 'RemoveQuota', node: 'a', ...said })
      .thenRejected('QuotaHasChildren');
    given()
      .when({ type: 'RemoveQuota', node: 'a', ...said })
      .thenRejected('QuotaNotFound');
  });

  it('names a class that is there', () => {
    given()
      .when(setQuota(org, { highestClass: 'urgent' }))
      .thenRejected('PriorityClassNotFound');
    given()
      .when(setQuota(org, { highestClass: 'normal' }))
      .thenEvents(quotaSet(org, { highestClass: 'normal' }));
    given(classSet('urgent', 5))
      .when(setQuota(org, { highestClass: 'urgent' }))
      .thenEvents(quotaSet(org, { highestClass: 'urgent' }));
  });

  it('is not moved, with what stands below it, to where a limit forbids that', () => {
    given(quotaSet('a', { limitMilli: { a100: 1_000 } }), quotaSet('b'), quotaSet('c', { parent: 'b', guaranteedMilli: { a100: 2_000 } }))
      .when(setQuota('b', { parent: 'a' }))
      .thenRejected('GuaranteeAboveLimit');
  });
});

describe('a priority class', () => {
  it('is set, and removed where no quota names it', () => {
    given()
      .when({ type: 'SetClass', class: { name: 'urgent', rank: 5, description: '' }, ...said })
      .thenEvents(classSet('urgent', 5));
    given(classSet('urgent', 5))
      .when({ type: 'SetClass', class: { name: 'urgent', rank: 5, description: '' }, ...said })
      .thenNothing();
    given(classSet('urgent', 5), quotaSet(org, { highestClass: 'urgent' }))
      .when({ type: 'RemoveClass', name: 'urgent', ...said })
      .thenRejected('PriorityClassInUse');
    given(classSet('urgent', 5), quotaSet(org, { highestClass: 'urgent' }), quotaSet(org))
      .when({ type: 'RemoveClass', name: 'urgent', ...said })
      .thenEvents({ type: 'PriorityClassRemoved', data: { name: 'urgent', ...said } });
    given()
      .when({ type: 'RemoveClass', name: 'urgent', ...said })
      .thenRejected('PriorityClassNotFound');
  });
});

describe('a pool', () => {
  it('has a policy until it is forgotten', () => {
    const set = { type: 'PoolSet', data: { name: 'batch', policy: 'pack', ...said } } as const;
    given()
      .when({ type: 'SetPool', pool: { name: 'batch', policy: 'pack' }, ...said })
      .thenEvents(set);
    given(set)
      .when({ type: 'SetPool', pool: { name: 'batch', policy: 'pack' }, ...said })
      .thenNothing();
    given(set)
      .when({ type: 'RemovePool', name: 'batch', ...said })
      .thenEvents({ type: 'PoolRemoved', data: { name: 'batch', ...said } });
    given()
      .when({ type: 'RemovePool', name: 'batch', ...said })
      .thenRejected('PoolNotFound');
  });
});

describe('a promise of islands', () => {
  const promise = { orgId: org, model: 'a100', size: 8, count: 2 };
  const promised = { type: 'IslandsPromised', data: { ...promise, ...said } } as const;

  it('is made, changed and withdrawn', () => {
    given()
      .when({ type: 'Promise', promise, ...said })
      .thenEvents(promised);
    given(promised)
      .when({ type: 'Promise', promise, ...said })
      .thenNothing();
    const withdrawn = { ...promised, data: { ...promised.data, count: 0 } };
    given(promised)
      .when({ type: 'Promise', promise: { ...promise, count: 0 }, ...said })
      .thenEvents(withdrawn);
    given(promised, withdrawn)
      .when({ type: 'Promise', promise: { ...promise, count: 0 }, ...said })
      .thenNothing();
  });
});

describe('promised islands and limits', () => {
  const promise = (count: number) => ({ type: 'Promise', promise: { orgId: org, model: 'a100', size: 8, count }, ...said }) as const;
  const promised = (count: number) => ({ type: 'IslandsPromised', data: { ...promise(count).promise, ...said } }) as const;

  it('do not contradict each other, at the organization or above it', () => {
    given(quotaSet(org, { limitMilli: { a100: 15_000 } }))
      .when(promise(2))
      .thenRejected('GuaranteeAboveLimit');
    given(quotaSet('group', { limitMilli: { a100: 15_000 } }), quotaSet(org, { parent: 'group' }))
      .when(promise(2))
      .thenRejected('GuaranteeAboveLimit');
    given(quotaSet(org, { limitMilli: { a100: 16_000 } }))
      .when(promise(2))
      .thenEvents(promised(2));
    given(promised(2))
      .when(setQuota(org, { limitMilli: { a100: 15_000 } }))
      .thenRejected('GuaranteeAboveLimit');
  });

  it('are withdrawn whatever the limit', () => {
    given(quotaSet(org), promised(2), quotaSet(org, { limitMilli: { h100: 1 } }))
      .when(promise(1))
      .thenEvents(promised(1));
  });
});

describe('the rules of the scheduler', () => {
  it('are changed one by one', () => {
    const changed = { type: 'SchedulerRulesSet', data: { ...execution.schedulerDefaults, graceMs: 60_000, ...said } } as const;
    given()
      .when({ type: 'SetRules', rules: { graceMs: 60_000, policy: undefined }, ...said })
      .thenEvents(changed);
    given(changed)
      .when({ type: 'SetRules', rules: { graceMs: 60_000 }, ...said })
      .thenNothing();
    given()
      .when({ type: 'SetRules', rules: {}, ...said })
      .thenNothing();
  });

  it('are those of the engine until somebody changes them', () => {
    expect({ ...execution.schedulerDefaults, pools: {} }).toEqual(defaultSettings);
  });
});
