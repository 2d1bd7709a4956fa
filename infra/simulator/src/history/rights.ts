import type { Promised, SchedulerSettings } from '@orrery/execution/scheduling';
import type { Change } from '../course/course.ts';
import type { Quota } from '../quotas.ts';
import type { RightsEvent } from './events.ts';

/** What recorded events say of the rights of organizations, and of the rules that hold for all. */
export class RightsHistory {
  readonly quotaChanges: Change[] = [];
  readonly promiseChanges: Change[] = [];
  /** As they were at last; the policy is what a replay asks about. */
  rules: Partial<Omit<SchedulerSettings, 'policy' | 'pools'>> = {};
  private readonly nodes = new Map<string, Quota>();
  private readonly promised = new Map<string, Promised>();

  /** As they were at last. */
  get quotas(): readonly Quota[] {
    return [...this.nodes.values()];
  }

  tell(event: RightsEvent): void {
    const at = Date.parse(event.data.at);
    switch (event.type) {
      case 'QuotaSet': {
        const { node: id, parent, weight, guaranteedMilli: guaranteed, limitMilli: limit } = event.data;
        this.nodes.set(id, { id, parent, weight, guaranteed, limit });
        this.quotaChanges.push({ at, kind: 'quotas', nodes: this.quotas });
        break;
      }
      case 'QuotaRemoved':
        this.nodes.delete(event.data.node);
        this.quotaChanges.push({ at, kind: 'quotas', nodes: this.quotas });
        break;
      case 'IslandsPromised': {
        const { orgId: org, model, size, count } = event.data;
        this.promised.set(`${org}/${model}/${size}`, { org, model, size, count });
        const promises = [...this.promised.values()].filter((promise) => promise.count > 0);
        this.promiseChanges.push({ at, kind: 'promises', promises });
        break;
      }
      case 'SchedulerRulesSet': {
        const { policy: _policy, by: _by, at: _at, ...rules } = event.data;
        this.rules = rules;
      }
    }
  }
}
