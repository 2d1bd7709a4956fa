/** What a request asks of one machine. */
export interface Need {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** Whole GPUs; 1 where a share of one is asked for. */
  readonly gpus: number;
  /** Of each GPU, in thousandths; less than 1000 only where `gpus` is 1. */
  readonly gpuMilli: number;
  /** GPU models that will do; null: any. */
  readonly models: readonly string[] | null;
}

export const wholeGpu = 1000;

export const isShare = ({ gpus, gpuMilli }: Need): boolean => gpus === 1 && gpuMilli < wholeGpu;

/** GPU thousandths in all. */
export const gpuMilliOf = ({ gpus, gpuMilli }: Need): number => (gpus === 0 ? 0 : gpus * gpuMilli);

/** Requests with one key fit in the same places. */
export const keyOf = ({ cpuMilli, memoryMib, gpus, gpuMilli, models }: Need): string =>
  `${cpuMilli}/${memoryMib}/${gpus}/${gpuMilli}/${models === null ? '' : [...models].sort().join('|')}`;
