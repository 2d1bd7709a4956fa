/** Resource → thousandths. A resource is a GPU model in lower case, or `cpu`. */
export type Amounts = Readonly<Record<string, number>>;

/** A node of the quota tree, as an operator sets it. */
export interface QuotaNode {
  /** `org`, `org/project`, or the name of a group of orgs. */
  readonly id: string;
  readonly parent: string | null;
  /** What it should get beside its siblings, as a proportion. More than 0. */
  readonly weight: number;
  /** What it can always have. Of a resource that is not named: nothing. */
  readonly guaranteed: Amounts;
  /** What it can have at most. Of a resource that is not named: whatever there is. */
  readonly limit: Amounts;
}

/** The limit that a request would break. */
export interface QuotaBlock {
  readonly node: string;
  readonly resource: string;
  readonly used: number;
  readonly asked: number;
  readonly limit: number;
}

/** Where a queue hangs that nobody configured: a project under its org, an org under the root. */
export const parentByPath = (id: string): string | null => {
  const slash = id.lastIndexOf('/');
  return slash <= 0 ? null : id.slice(0, slash);
};

const isAmount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const ownFault = ({ id, weight, guaranteed, limit }: QuotaNode): string | null => {
  if (id === '') return 'a node has no id';
  if (!(weight > 0 && Number.isFinite(weight))) return `the weight of ${id} is not a number above 0`;
  if (![...Object.values(guaranteed), ...Object.values(limit)].every(isAmount))
    return `an amount of ${id} is not a whole number of thousandths`;
  return null;
};

/** Why these are not a tree; null: they are. */
export const faultOfTree = (nodes: readonly QuotaNode[]): string | null => {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  if (byId.size < nodes.length) return 'two nodes have one id';
  for (const node of nodes) {
    const fault = ownFault(node);
    if (fault !== null) return fault;
    if (node.parent !== null && !byId.has(node.parent)) return `the parent of ${node.id} is not there`;
    let above = node.parent;
    // A path that is longer than there are nodes passes one of them twice.
    for (let steps = 0; above !== null; steps += 1) {
      if (steps === nodes.length) return `${node.id} is above itself`;
      above = byId.get(above)?.parent ?? null;
    }
  }
  return null;
};
