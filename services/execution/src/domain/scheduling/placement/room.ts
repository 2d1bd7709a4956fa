import { wholeGpu } from './need.ts';
import type { FleetNeed, Place } from './place.ts';

const grown = <A extends Int32Array | Int16Array | Float64Array>(old: A, made: A): A => {
  made.set(old);
  return made;
};

/**
 * The least that must be known of every place, in columns: most places have no room for most needs, and to learn that from the
 * places themselves is a walk through all of the memory.
 */
export class RoomColumns {
  private cpuMilli = new Int32Array(0);
  private memoryMib = new Int32Array(0);
  /** The most that is free of one GPU. */
  private share = new Int16Array(0);
  private wholes = new Int16Array(0);
  /** Of an open machine with nothing on it, all of which is in order: its shape; -1 for all others. */
  private untouched = new Int32Array(0);
  private revision = new Float64Array(0);

  /** Nobody is there any more, or nobody may come. */
  close({ index, revision }: Place): void {
    this.grow(index);
    this.revision[index] = revision;
    this.cpuMilli[index] = -1;
    this.untouched[index] = -1;
  }

  put({ index, free, shape, held, closed, revision }: Place): void {
    this.grow(index);
    this.revision[index] = revision;
    this.cpuMilli[index] = free.cpuMilli;
    this.memoryMib[index] = free.memoryMib;
    let [share, wholes] = [0, 0];
    for (const milli of free.gpus) {
      if (milli > share) share = milli;
      if (milli === wholeGpu) wholes += 1;
    }
    this.share[index] = share;
    this.wholes[index] = wholes;
    this.untouched[index] = held === 0 && closed === null ? shape : -1;
  }

  /** As the place itself has it. */
  revisionOf(index: number): number {
    return this.revision[index] ?? 0;
  }

  /** Of an open machine with nothing on it, all of which is in order; of others below 0. */
  untouchedShapeOf(index: number): number {
    return this.untouched[index] ?? -1;
  }

  /** False where there is no room; where it is true, the kinds of its GPUs have yet to be looked at. */
  mayServe(index: number, need: FleetNeed): boolean {
    const { cpuMilli, memoryMib, gpus, gpuMilli } = need;
    if ((this.cpuMilli[index] ?? -1) < cpuMilli || (this.memoryMib[index] ?? 0) < memoryMib) return false;
    if (need.mig !== null) return true;
    return need.isShare ? (this.share[index] ?? 0) >= gpuMilli : (this.wholes[index] ?? 0) >= gpus;
  }

  private grow(index: number): void {
    if (index < this.cpuMilli.length) return;
    const size = 2 * (index + 1);
    this.cpuMilli = grown(this.cpuMilli, new Int32Array(size).fill(-1));
    this.memoryMib = grown(this.memoryMib, new Int32Array(size));
    this.share = grown(this.share, new Int16Array(size));
    this.wholes = grown(this.wholes, new Int16Array(size));
    this.untouched = grown(this.untouched, new Int32Array(size).fill(-1));
    this.revision = grown(this.revision, new Float64Array(size));
  }
}
