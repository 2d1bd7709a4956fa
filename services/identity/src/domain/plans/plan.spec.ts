import { OrgId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Event, Plan } from './plan.ts';

const orgId = OrgId.parse('0199a000-0000-7000-8000-000000000002');
const at = '2026-01-01T00:00:00.000Z';
const set = (plan: Event['data']['plan']): Event => ({ type: 'OrgPlanSet', data: { orgId, plan, at } });

const { given } = specify(Plan);

describe('the plan of an organization', () => {
  it('is set, changed and taken away', () => {
    given().when({ type: 'Set', orgId, plan: 'pro', at }).thenEvents(set('pro'));
    given(set('pro')).when({ type: 'Set', orgId, plan: 'team', at }).thenEvents(set('team'));
    given(set('pro')).when({ type: 'Set', orgId, plan: null, at }).thenEvents(set(null));
  });

  it('stays where it is set again', () => {
    given(set('pro')).when({ type: 'Set', orgId, plan: 'pro', at }).thenNothing();
    given().when({ type: 'Set', orgId, plan: null, at }).thenNothing();
  });
});
