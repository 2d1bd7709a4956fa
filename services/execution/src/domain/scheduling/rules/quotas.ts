import { execution } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import { parentByPath } from '../admission/quota-node.ts';
import { gpusInWords } from './in-words.ts';

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

type Kind = 'cohort' | 'organization' | 'project';
const kindOf = (node: string): Kind => {
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

const childrenOf = (quotas: Quotas): ReadonlyMap<string, readonly execution.Quota[]> => {
  const children = new Map<string, execution.Quota[]>();
  for (const quota of Object.values(quotas)) {
    if (quota.parent === null) continue;
    const siblings = children.get(quota.parent);
    if (siblings) siblings.push(quota);
    else children.set(quota.parent, [quota]);
  }
  return children;
};

type Children = ReturnType<typeof childrenOf>;

const heightOf = (children: Children, node: string): number =>
  1 + Math.max(0, ...(children.get(node) ?? []).map((child) => heightOf(children, child.node)));

/** What has to be there for a node and all below it to have what they are guaranteed. */
const owedTo = (children: Children, quota: execution.Quota, resource: string): number =>
  Math.max(quota.guaranteedMilli[resource] ?? 0, owedBelow(children, quota.node, resource));

const owedBelow = (children: Children, node: string, resource: string): number =>
  (children.get(node) ?? []).reduce((sum, child) => sum + owedTo(children, child, resource), 0);

const misplaced = (quotas: Quotas, { node, parent }: execution.Quota): QuotaRefusal | undefined => {
  const wrong = (mend: string): QuotaRefusal => ({ code: 'QuotaParentWrong', details: { node, mend } });
  const organizationOf = parentByPath(node);
  if (organizationOf !== null && parent !== organizationOf) return wrong(`a project stands below its organization, ${organizationOf}`);
  if (organizationOf === null && parent !== null && kindOf(parent) !== 'cohort')
    return wrong(`a ${kindOf(node)} stands below a cohort or the root`);
  if (parent === null) return undefined;
  if (parent === node) return { code: 'QuotaCycle', details: { node, parent } };
  return quotas[parent] ? undefined : { code: 'QuotaParentNotFound', details: { parent } };
};

const aboveLimit = (quotas: Quotas, quota: execution.Quota): QuotaRefusal | undefined => {
  const children = childrenOf(quotas);
  const resources = new Set(Object.keys({ ...quota.guaranteedMilli, ...quota.limitMilli }));
  for (const above of pathOf(quotas, quota.node)) {
    for (const resource of resources) {
      const limit = above.limitMilli[resource];
      const owed = owedTo(children, above, resource);
      if (limit === undefined || owed <= limit) continue;
      const [is, may] = [gpusInWords(owed, resource), gpusInWords(limit, resource)];
      const reason = `${above.node} and what stands below it are guaranteed ${is}, and limited to ${may}: guarantee less, or raise the limit of ${above.node}`;
      return { code: 'GuaranteeAboveLimit', details: { node: above.node, reason } };
    }
  }
  return undefined;
};

/** Why a node cannot be set so. `quotas`: as they are without the change. */
export const refusalOfQuota = (quotas: Quotas, quota: execution.Quota): QuotaRefusal | undefined => {
  const { node, parent } = quota;
  const wrong = misplaced(quotas, quota);
  if (wrong) return wrong;
  const after = { ...quotas, [node]: quota };
  if (Object.keys(after).length > execution.mostQuotas) return { code: 'TooManyQuotas', details: { limit: execution.mostQuotas } };
  const above = parent === null ? [] : pathOf(quotas, parent);
  if (parent !== null && above.some((one) => one.node === node)) return { code: 'QuotaCycle', details: { node, parent } };
  if (above.length + heightOf(childrenOf(after), node) > execution.deepestQuota)
    return { code: 'QuotaTooDeep', details: { limit: execution.deepestQuota } };
  return aboveLimit(after, quota);
};

/** What is allowed and hardly meant. `capacity`: what the machines that are connected have. */
export const warningsOf = (quotas: Quotas, node: string, capacity: execution.Amounts): readonly string[] => {
  const children = childrenOf(quotas);
  const path = pathOf(quotas, node);
  const resources = Object.keys(quotas[node]?.guaranteedMilli ?? {});
  const within = path.flatMap((above) =>
    resources.flatMap((resource) => {
      const own = above.guaranteedMilli[resource];
      const below = owedBelow(children, above.node, resource);
      if (own === undefined || below <= own) return [];
      return [
        `What stands below ${above.node} is guaranteed ${gpusInWords(below, resource)}, and ${above.node} itself only ${gpusInWords(own, resource)}.`,
      ];
    }),
  );
  const roots = Object.values(quotas).filter(({ parent }) => parent === null);
  const overbooked = resources.flatMap((resource) => {
    const owed = roots.reduce((sum, root) => sum + owedTo(children, root, resource), 0);
    const there = capacity[resource] ?? 0;
    if (owed <= there) return [];
    return [
      `In all ${gpusInWords(owed, resource)} are guaranteed, and the connected machines have ${gpusInWords(there, resource)}: not everybody can have theirs at the same time.`,
    ];
  });
  return [...within, ...overbooked];
};
