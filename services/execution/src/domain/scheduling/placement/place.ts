import type { Need } from './need.ts';

export interface MachineSize {
  readonly id: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** The model of each GPU, by its index. */
  readonly gpuModels: readonly string[];
  readonly gpuMemoryMib?: readonly number[];
  /** Of each GPU: which NVLink island it is of, by any numbers. */
  readonly islands?: readonly number[];
  /** Of each GPU: its family, such as `a100-80gb`, where it is in MIG mode. */
  readonly mig?: readonly (string | null)[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly pool?: string;
  readonly rack?: string;
  /** What is there already, and need not be fetched. */
  readonly images?: readonly string[];
  readonly weights?: readonly string[];
  readonly pricePerHour?: number;
}

/** What is free of a machine. */
export interface Free {
  cpuMilli: number;
  memoryMib: number;
  /** Thousandths of each GPU, by its index; nothing of one in MIG mode, and of one that is closed. */
  readonly gpus: Int16Array;
}

export interface Place extends MachineSize {
  /** Where it stands in its fleet: small, dense, and its own for as long as it is there. */
  readonly index: number;
  readonly free: Free;
  /** Memory slices that are taken of each GPU, as bits; null where none is in MIG mode. */
  readonly slices: Uint8Array | null;
  /** What each GPU is as a number of its fleet's: its model, its memory and its MIG family. */
  readonly kinds: Uint8Array;
  /** What all its GPUs are; null where they differ. */
  readonly onlyKind: number | null;
  /** Machines of one shape are alike, but for what is on them and who may go there. */
  readonly shape: number;
  weights?: readonly string[];
  /** How many are on it. */
  held: number;
  /** Of GPUs that nobody may use: the thousandths that would be free. */
  closed: Map<number, number> | null;
  isOpen: boolean;
  /** Changes with every change, and is nobody else's: what was computed of another one is stale. */
  revision: number;
}

/** A need as its fleet sees it. All have the same fields in the same order, for they are read millions of times. */
export interface FleetNeed extends Pick<Need, 'cpuMilli' | 'memoryMib' | 'gpus' | 'gpuMilli'> {
  readonly asked: Need;
  readonly isShare: boolean;
  /** 1 where this kind of GPU will do. */
  readonly allows: Uint8Array;
  readonly mig: string | null;
  /** What it asks of the machine besides room; null: nothing. */
  readonly suits: ((place: Place) => boolean) | null;
}

export interface Found {
  readonly place: Place;
  /** Indexes of the GPUs, lowest first. */
  readonly gpus: readonly number[];
  /** Where its slice of a GPU in MIG mode begins; null where it asked for none. */
  readonly slice: number | null;
  readonly price: number;
  /** How many machines had room, those among them that were not accepted for other reasons. */
  readonly candidates: number;
}
