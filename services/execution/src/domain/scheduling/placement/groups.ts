import type { GroupWish } from './need.ts';
import type { MachineSize } from './place.ts';

/** A machine of which nobody said where it stands is its own rack. */
export const domainOf = ({ id, rack }: Pick<MachineSize, 'id' | 'rack'>, scope: GroupWish['scope']): string =>
  scope === 'rack' && rack !== undefined ? `rack ${rack}` : `machine ${id}`;

type Counts = Map<string, number>;

const scopes = ['machine', 'rack'] as const;

/** How many members of each group are where. */
export class Groups {
  private readonly counts = new Map<string, Readonly<Record<GroupWish['scope'], Counts>>>();

  shift(group: string, place: Pick<MachineSize, 'id' | 'rack'>, by: 1 | -1): void {
    const known = this.counts.get(group) ?? { machine: new Map(), rack: new Map() };
    this.counts.set(group, known);
    for (const scope of scopes) {
      const domain = domainOf(place, scope);
      const count = (known[scope].get(domain) ?? 0) + by;
      if (count === 0) known[scope].delete(domain);
      else known[scope].set(domain, count);
    }
    if (known.machine.size === 0) this.counts.delete(group);
  }

  /** Null where nobody is anywhere. */
  domainsOf({ group, scope }: GroupWish): ReadonlyMap<string, number> | null {
    return this.counts.get(group)?.[scope] ?? null;
  }
}
