import type { Need } from './need.ts';

export interface MachineSize {
  readonly id: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** The model of each GPU, by its index. */
  readonly gpuModels: readonly string[];
}

/** What is free of a machine. */
export interface Free {
  cpuMilli: number;
  memoryMib: number;
  /** Thousandths of each GPU, by its index. */
  readonly gpus: Int16Array;
}

export interface Place extends MachineSize {
  /** Where it stands in its fleet: small, dense, and its own for as long as it is there. */
  readonly index: number;
  readonly free: Free;
  /** Each GPU's model as a number of its fleet's. */
  readonly modelNumbers: Uint8Array;
  /** The model of all its GPUs; null where they differ. */
  readonly onlyModel: number | null;
  isOpen: boolean;
  /** Changes with every change, and is nobody else's: what was computed of another one is stale. */
  revision: number;
}

/** A need, with its models as the fleet numbers them. */
export interface FleetNeed extends Need {
  /** 1 where the model with this number will do. */
  readonly allows: Uint8Array;
}
