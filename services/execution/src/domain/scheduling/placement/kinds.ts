import { profileOf } from './mig.ts';
import type { Need } from './need.ts';

export const mostKinds = 256;

interface Kind {
  readonly model: string;
  readonly memoryMib: number;
  /** Its family in MIG mode. */
  readonly mig: string | null;
}

/** The kinds of GPUs that a fleet has, or had, by numbers that fit in a byte. */
export class Kinds {
  private readonly all: Kind[] = [];
  private readonly numbers = new Map<string, number>();

  get count(): number {
    return this.all.length;
  }

  numberOf(kind: Kind): number {
    const model = kind.model.toLowerCase();
    const key = `${model}/${kind.memoryMib}/${kind.mig ?? ''}`;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    if (this.all.length === mostKinds) throw new RangeError(`a fleet has at most ${mostKinds} kinds of GPUs`);
    this.numbers.set(key, this.all.length);
    this.all.push({ ...kind, model });
    return this.all.length - 1;
  }

  /** Writes 1 where a kind will do. Kinds may come after the need: then it is done again. */
  mark(allows: Uint8Array, { models, minGpuMemoryMib = 0, mig }: Need): void {
    const names = models === null ? null : new Set(models.map((model) => model.toLowerCase()));
    for (const [number, kind] of this.all.entries()) {
      const isRight = mig === undefined ? kind.mig === null : kind.mig !== null && profileOf(kind.mig, mig) !== null;
      allows[number] = Number(isRight && kind.memoryMib >= minGpuMemoryMib && (names === null || names.has(kind.model)));
    }
  }
}
