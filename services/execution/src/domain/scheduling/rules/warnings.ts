import type { execution } from '@orrery/contracts';
import { orgOf } from '../scheduler/queues.ts';
import { gpusInWords } from './in-words.ts';
import { kindOf, pathOf, Rights } from './quotas.ts';
import type { RulesState } from './rules-state.ts';

type Decided = Pick<RulesState, 'quotas' | 'promises'>;

/** What only today's fleet and organizations say about rules: machines come, and so do organizations. */
export interface Today {
  /** Of the machines that are connected. */
  readonly capacity: execution.Amounts;
  /** Whole islands of GPUs of one model. */
  readonly islands: readonly { readonly model: string; readonly size: number; readonly count: number }[];
  /** Organizations that nobody has, of those that rules name. */
  readonly unknownOrgs: ReadonlySet<string>;
}

/** What is allowed and hardly meant. */
export interface Warning {
  /** What it is about; null: all nodes together. */
  readonly node: string | null;
  readonly resource: string | null;
  readonly isOfIslands?: true;
  readonly message: string;
}

const isModel = (resource: string): boolean => resource !== 'cpu';

const ofTree = (rights: Rights, quota: execution.Quota): readonly Warning[] =>
  Object.entries(quota.guaranteedMilli).flatMap(([resource, own]) => {
    const { node } = quota;
    const below = rights.owedBelow(node, resource);
    if (below <= own) return [];
    const message = `What stands below ${node} is guaranteed ${gpusInWords(below, resource)}, and ${node} itself only ${gpusInWords(own, resource)}.`;
    return [{ node, resource, message }];
  });

const ofModels = ({ node, guaranteedMilli, limitMilli }: execution.Quota, { capacity }: Today): readonly Warning[] => {
  const named = new Set([...Object.keys(guaranteedMilli), ...Object.keys(limitMilli)].filter(isModel));
  const known = Object.keys(capacity).filter(isModel).sort();
  return [...named]
    .filter((resource) => capacity[resource] === undefined)
    .map((resource) => ({
      node,
      resource,
      message: `What is set of ${node} names ${resource}, and no connected machine has such a GPU${known.length > 0 ? `: they have ${known.join(', ')}` : ''}.`,
    }));
};

const unknownOrg = (node: string, { unknownOrgs }: Today): readonly Warning[] =>
  kindOf(node) !== 'cohort' && unknownOrgs.has(orgOf(node))
    ? [{ node, resource: null, message: `There is no organization ${orgOf(node)}: what is set of ${node} is nobody's.` }]
    : [];

const overbooked = (rights: Rights, { capacity }: Today): readonly Warning[] => {
  const all = Object.values(rights.quotas);
  const roots = all.filter(({ parent }) => parent === null);
  const resources = new Set(all.flatMap(({ guaranteedMilli }) => Object.keys(guaranteedMilli)));
  return [...resources].sort().flatMap((resource) => {
    const owed = roots.reduce((sum, root) => sum + rights.owedTo(root, resource), 0);
    const there = capacity[resource] ?? 0;
    if (owed <= there) return [];
    const message = `In all ${gpusInWords(owed, resource)} are guaranteed, and the connected machines have ${gpusInWords(there, resource)}: not everybody can have theirs at the same time.`;
    return [{ node: null, resource, message }];
  });
};

const ofPromises = ({ promises }: Decided, { islands }: Today): readonly Warning[] => {
  const all = Object.values(promises);
  const kinds = new Map(all.map(({ model, size }) => [`${model}/${size}`, { model, size }]));
  return [...kinds.values()].flatMap(({ model, size }) => {
    const sum = (some: readonly { readonly model: string; readonly size: number; readonly count: number }[]): number =>
      some.filter((each) => each.model === model && each.size >= size).reduce((total, { count }) => total + count, 0);
    const [owed, there] = [sum(all), sum(islands)];
    if (owed <= there) return [];
    const message = `In all ${owed} islands of at least ${size} ${model} are promised, and the connected machines have ${there}.`;
    return [{ node: null, resource: model, isOfIslands: true, message }];
  });
};

/** All that there is to say of what is set. */
export const warningsOf = (decided: Decided, today: Today): readonly Warning[] => {
  const rights = new Rights(decided.quotas, decided.promises);
  const nodes = Object.values(decided.quotas).flatMap((quota) => [
    ...unknownOrg(quota.node, today),
    ...ofModels(quota, today),
    ...ofTree(rights, quota),
  ]);
  const promised = new Set(Object.values(decided.promises).map(({ orgId }) => orgId));
  const strangers = [...promised].filter((orgId) => !decided.quotas[orgId]).flatMap((orgId) => unknownOrg(orgId, today));
  return [...nodes, ...strangers, ...overbooked(rights, today), ...ofPromises(decided, today)];
};

/** What is hardly meant of the rules that hold for the whole scheduler. */
export const ofRules = ({ reservations }: execution.SchedulerRules): string[] =>
  reservations > 0
    ? []
    : [
        'With 0 reservations no machines are kept for anybody but those for whom others make way: what needs several free GPUs or machines at once can be passed by smaller requests for as long as these come.',
      ];

/** Of these the ones that concern a node which was set just now. */
export const concerning = (warnings: readonly Warning[], { quotas }: Decided, node: string): readonly Warning[] => {
  const path = new Set(pathOf(quotas, node).map((above) => above.node));
  const named = new Set(Object.keys(quotas[node]?.guaranteedMilli ?? {}));
  return warnings.filter(({ node: of, resource }) => (of === null ? resource !== null && named.has(resource) : path.has(of)));
};

/** Of these the ones that concern a promise. */
export const concerningPromise = (warnings: readonly Warning[], { orgId, model }: execution.IslandPromise): readonly Warning[] =>
  warnings.filter(({ node, resource, isOfIslands }) => (isOfIslands ? resource === model : node === orgId));

const mostTold = 50;

/** For people; of very many the first. */
export const told = (warnings: readonly Warning[]): string[] => {
  const messages = [...new Set(warnings.map(({ message }) => message))];
  return messages.length <= mostTold ? messages : [...messages.slice(0, mostTold), `… and ${messages.length - mostTold} more.`];
};
