/** Where the others of a group are, or must not be. */
export interface GroupWish {
  /** Unique across organizations. */
  readonly group: string;
  readonly scope: 'machine' | 'rack';
}

/** What a request asks of one machine. What is left out is no wish. */
export interface Need {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** Whole GPUs; 1 where a share or a slice of one is asked for. */
  readonly gpus: number;
  /** Of each GPU, in thousandths; less than 1000 only where `gpus` is 1. */
  readonly gpuMilli: number;
  /** GPU models that will do; null: any. */
  readonly models: readonly string[] | null;
  /** Each GPU has at least so much; one whose memory nobody told does not. */
  readonly minGpuMemoryMib?: number;
  /** A profile of NVIDIA's, such as `1g.10gb`: a slice of one GPU in MIG mode. `gpuMilli` is what it counts for. */
  readonly mig?: string;
  /** The machine has all of them. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly pool?: string;
  /** It is the machine type that says so: nobody can wish it away. */
  readonly isPoolOfType?: true;
  /** Id of the only machine that will do. */
  readonly machine?: string;
  /** The group that it is counted in where it is placed. */
  readonly group?: string;
  /** Only where somebody of that group is; anywhere where it is its own group and nobody is anywhere yet. */
  readonly near?: GroupWish;
  /** Only where nobody of that group is. */
  readonly apart?: GroupWish;
  /** What it will use: a machine that has them is preferred. */
  readonly images?: readonly string[];
  readonly weights?: readonly string[];
}

export const wholeGpu = 1000;

export const isShare = ({ gpus, gpuMilli }: Pick<Need, 'gpus' | 'gpuMilli'>): boolean => gpus === 1 && gpuMilli < wholeGpu;

/** GPU thousandths in all. */
export const gpuMilliOf = ({ gpus, gpuMilli }: Pick<Need, 'gpus' | 'gpuMilli'>): number => (gpus === 0 ? 0 : gpus * gpuMilli);

/** What it wishes about its own group. */
export const isOwn = (wish: GroupWish | undefined, { group }: Pick<Need, 'group'>): wish is GroupWish =>
  wish !== undefined && wish.group === group;

/** Racks are what operators say of machines: without them the same machines would do. */
export const withoutRacks = ({ near, apart, ...need }: Need): Need => ({
  ...need,
  ...(near && near.scope !== 'rack' ? { near } : {}),
  ...(apart && apart.scope !== 'rack' ? { apart } : {}),
});

/** How many members of a gang one machine may take: each has a machine of its own, unless all want to be on one. */
export const mostOnOne = (need: Pick<Need, 'group' | 'near' | 'apart'>, nodes: number): number =>
  isOwn(need.near, need) && need.near.scope === 'machine' && !isOwn(need.apart, need) ? nodes : 1;

const sorted = (values: readonly string[]): readonly string[] => [...values].sort();

const modelsKey = ({ models }: Need): string => (models === null ? '' : sorted(models).join('|'));

const hardwareKey = ({ minGpuMemoryMib, mig }: Need): string =>
  minGpuMemoryMib === undefined && mig === undefined ? '' : `/${minGpuMemoryMib ?? ''}/${mig ?? ''}`;

/** Requests with one such key differ in memory alone. */
export const demandKeyOf = (need: Need): string => `${need.cpuMilli}/${need.gpus}/${need.gpuMilli}/${modelsKey(need)}${hardwareKey(need)}`;

const hostKey = ({ labels = {}, pool }: Need): string => {
  const pairs = Object.entries(labels).map((pair) => JSON.stringify(pair));
  return pairs.length === 0 && pool === undefined ? '' : `/${pool ?? ''}/${sorted(pairs).join()}`;
};

/** Requests with one such key have the same price on a machine, if they may go there at all. */
export const priceKeyOf = (need: Need): string => `${need.memoryMib}/${demandKeyOf(need)}${hostKey(need)}`;

const wishKey = (wish: GroupWish | undefined): string => (wish ? `${wish.scope}:${wish.group}` : '');

/** Requests with one key fit in the same places and prefer the same. */
export const keyOf = (need: Need): string => {
  const { machine, group, near, apart, images = [], weights = [] } = need;
  const key = priceKeyOf(need);
  if (machine === undefined && !near && !apart && images.length === 0 && weights.length === 0) return key;
  // Who is of the group that it wants to be near may be where nobody is yet.
  const isFirst = near !== undefined && near.group === group;
  return JSON.stringify([key, machine ?? '', wishKey(near), isFirst, wishKey(apart), sorted(images), sorted(weights)]);
};
