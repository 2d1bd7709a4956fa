import { execution } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import { parentByPath } from '../admission/quota-node.ts';
import { gpusInWords } from './in-words.ts';
import type { RulesState } from './rules-state.ts';

type Quotas = Readonly<Record<string, execution.Quota>>;

export type QuotaRefusal =
  | Rejection<'QuotaParentNotFound', { readonly parent: string }>
  | Rejection<'QuotaParentWrong', { readonly node: string; readonly mend: string }>
  | Rejection<'QuotaCycle', { readonly node: string; readonly parent: string }>
  | Rejection<'QuotaTooDeep', { readonly limit: number }>
  | Rejection<'GuaranteeAboveLimit', { readonly node: string; readonly reason: string }>
  | Rejection<'TooManyQuotas', { readonly limit: number }>
  | Rejection<'PriorityClassNotFound', { readonly name: string }>;

const organization = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const wholeGpuMilli = 1_000;

export type Kind = 'cohort' | 'organization' | 'project';
export const kindOf = (node: string): Kind => {
  if (node.includes('/')) return 'project';
  return organization.test(node) ? 'organization' : 'cohort';
};

/** The node and all that it stands below, from itself up. */
export const pathOf = (quotas: Quotas, node: string): readonly execution.Quota[] => {
  const path: execution.Quota[] = [];
  for (let at: string | null = node; at !== null && path.length <= execution.deepestQuota; ) {
    const quota: execution.Quota | undefined = quotas[at];
    if (!quota) break;
    path.push(quota);
    at = quota.parent;
  }
  return path;
};

/** What is set, arranged for sums. */
export class Rights {
  private readonly children = new Map<string, execution.Quota[]>();
  private readonly promised = new Map<string, Map<string, number>>();

  constructor(
    readonly quotas: Quotas,
    promises: RulesState['promises'],
  ) {
    for (const quota of Object.values(quotas)) {
      if (quota.parent === null) continue;
      const siblings = this.children.get(quota.parent);
      if (siblings) siblings.push(quota);
      else this.children.set(quota.parent, [quota]);
    }
    for (const { orgId, model, size, count } of Object.values(promises)) {
      const models = this.promised.get(orgId) ?? new Map<string, number>();
      models.set(model, (models.get(model) ?? 0) + wholeGpuMilli * size * count);
      this.promised.set(orgId, models);
    }
  }

  below(node: string): readonly execution.Quota[] {
    return this.children.get(node) ?? [];
  }

  /** Thousandths of GPUs in the islands that are promised to it. */
  promisedTo(node: string, resource: string): number {
    return this.promised.get(node)?.get(resource) ?? 0;
  }

  /** What has to be there for a node and all below it to have what they are guaranteed and promised. */
  owedTo({ node, guaranteedMilli }: execution.Quota, resource: string): number {
    return Math.max(guaranteedMilli[resource] ?? 0, this.promisedTo(node, resource), this.owedBelow(node, resource));
  }

  owedBelow(node: string, resource: string): number {
    return this.below(node).reduce((sum, child) => sum + this.owedTo(child, resource), 0);
  }
}

const heightOf = (rights: Rights, node: string): number =>
  1 + Math.max(0, ...rights.below(node).map((child) => heightOf(rights, child.node)));

const misplaced = (quotas: Quotas, { node, parent }: execution.Quota): QuotaRefusal | undefined => {
  const wrong = (mend: string): QuotaRefusal => ({ code: 'QuotaParentWrong', details: { node, mend } });
  const organizationOf = parentByPath(node);
  if (organizationOf !== null && parent !== organizationOf) return wrong(`a project stands below its organization, ${organizationOf}`);
  if (organizationOf === null && parent !== null && kindOf(parent) !== 'cohort')
    return wrong(`${kindOf(node) === 'organization' ? 'an' : 'a'} ${kindOf(node)} stands below a cohort or the root`);
  if (parent === null) return undefined;
  if (parent === node) return { code: 'QuotaCycle', details: { node, parent } };
  return quotas[parent] ? undefined : { code: 'QuotaParentNotFound', details: { parent } };
};

/** More is guaranteed or promised somewhere on its way up than a limit there allows. */
export const aboveLimit = (rights: Rights, node: string): QuotaRefusal | undefined => {
  for (const above of pathOf(rights.quotas, node)) {
    for (const [resource, limit] of Object.entries(above.limitMilli)) {
      const owed = rights.owedTo(above, resource);
      if (owed <= limit) continue;
      const [is, may] = [gpusInWords(owed, resource), gpusInWords(limit, resource)];
      const reason = `${above.node} and what stands below it are guaranteed or promised ${is}, and limited to ${may}: guarantee or promise less, or raise the limit of ${above.node}`;
      return { code: 'GuaranteeAboveLimit', details: { node: above.node, reason } };
    }
  }
  return undefined;
};

/** Why a node cannot be set so. `state`: as it is without the change. */
export const refusalOfQuota = (
  { quotas, promises }: Pick<RulesState, 'quotas' | 'promises'>,
  quota: execution.Quota,
): QuotaRefusal | undefined => {
  const { node, parent } = quota;
  const wrong = misplaced(quotas, quota);
  if (wrong) return wrong;
  const after = { ...quotas, [node]: quota };
  if (Object.keys(after).length > execution.mostQuotas) return { code: 'TooManyQuotas', details: { limit: execution.mostQuotas } };
  const above = parent === null ? [] : pathOf(quotas, parent);
  if (parent !== null && above.some((one) => one.node === node)) return { code: 'QuotaCycle', details: { node, parent } };
  const rights = new Rights(after, promises);
  if (above.length + heightOf(rights, node) > execution.deepestQuota)
    return { code: 'QuotaTooDeep', details: { limit: execution.deepestQuota } };
  return aboveLimit(rights, node);
};
