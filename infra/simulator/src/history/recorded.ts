import type { Change } from '../course/course.ts';
import { Samples } from '../course/samples.ts';
import type { Step } from './runs.ts';

interface Counting {
  readonly weights: ReadonlyMap<string, number>;
  /** From when on it counts. */
  readonly from: number;
}

const milliOf = (change: Change): number => (change.kind === 'join' ? 1_000 * change.machine.gpuModels.length : 0);

/** What was in use and who waited, as it was recorded. */
export const recordedSamples = (steps: readonly Step[], changes: readonly Change[], { weights, from }: Counting): Samples => {
  const samples = new Samples(weights);
  const sizes = new Map<string, number>();
  const resize = (id: string, milli: number): void => {
    samples.resize(milli - (sizes.get(id) ?? 0));
    sizes.set(id, milli);
  };
  const happenings = [
    ...changes.map((change) => ({
      at: change.at,
      apply: (): void => {
        if (change.kind === 'join') resize(change.machine.id, milliOf(change));
        else if (change.kind === 'leave') resize(change.machine, 0);
      },
    })),
    ...steps.map(({ at, queue, milli, waiting }) => ({ at, apply: (): void => samples.change(queue, milli, waiting) })),
  ].sort((a, b) => a.at - b.at);
  happenings.forEach(({ at, apply }, index) => {
    apply();
    const next = happenings[index + 1]?.at;
    if (next === at || (next ?? at) < from) return;
    samples.note(Math.max(at, from));
    if (next !== undefined) samples.pass(next - Math.max(at, from));
  });
  return samples;
};
