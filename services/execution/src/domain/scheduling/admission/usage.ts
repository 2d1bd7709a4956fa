import type { MeterReading } from './meter.ts';
import type { QuotaNode } from './quota-node.ts';

/** What is held and was held at each node, as JSON carries it, exactly. */
export interface Usage {
  readonly resources: readonly string[];
  /** Parents before their children. */
  readonly branches: readonly UsageAt[];
}

export interface UsageAt {
  readonly id: string;
  readonly own: MeterReading;
  readonly whole: MeterReading;
}

/** A tree as JSON carries it, exactly: what is restored of it answers all questions alike. */
export interface QuotaSnapshot extends Usage {
  readonly capacities: readonly number[];
  readonly configured: readonly QuotaNode[];
}

const renumbered = ({ held, past, at }: MeterReading, numbers: readonly number[]): MeterReading => {
  const length = held.length === 0 ? 0 : 1 + Math.max(...numbers.slice(0, held.length));
  const moved = (values: readonly number[]): number[] => {
    const result = Array.from({ length }, () => 0);
    for (const [index, value] of values.entries()) result[numbers[index] ?? 0] = value;
    return result;
  };
  return { held: moved(held), past: moved(past), at: moved(at) };
};

/** The same, by the numbers that another tree has given to resources. */
export const usageByNumbers = ({ resources, branches }: Usage, numberOf: (resource: string) => number): readonly UsageAt[] => {
  const numbers = resources.map(numberOf);
  return branches.map(({ id, own, whole }) => ({ id, own: renumbered(own, numbers), whole: renumbered(whole, numbers) }));
};

const isHeldAlike = ({ held: one }: MeterReading, { held: other }: MeterReading): boolean =>
  Array.from({ length: Math.max(one.length, other.length) }, (_, index) => index).every(
    (index) => (one[index] ?? 0) === (other[index] ?? 0),
  );

const nothing: MeterReading = { held: [], past: [], at: [] };

/** The first node where the one holds something else than the other; null: there is none. */
export const heldOtherwise = (one: readonly UsageAt[], other: readonly UsageAt[]): string | null => {
  const others = new Map(other.map((usage) => [usage.id, usage]));
  for (const { id, own, whole } of one) {
    const known = others.get(id);
    others.delete(id);
    if (!isHeldAlike(own, known?.own ?? nothing) || !isHeldAlike(whole, known?.whole ?? nothing)) return id;
  }
  for (const { id, own, whole } of others.values()) if (!isHeldAlike(own, nothing) || !isHeldAlike(whole, nothing)) return id;
  return null;
};
