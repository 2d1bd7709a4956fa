import type { identity } from '@orrery/contracts';
import { Snapshot } from './snapshot.ts';

export type Membership = identity.MemberSnapshot['memberships'][number];

/** Who is where, with the slugs that there are. */
export class Members {
  readonly #counted = new Map<string, readonly Membership[]>();
  readonly #counts = new Map<string, number>();
  readonly #slugs = new Map<string, string>();
  readonly snapshot = new Snapshot<identity.MemberSnapshot>((userId, now) => this.#recount(userId, now?.memberships ?? []));

  isKnown(slug: string): boolean {
    return this.#counts.has(slug);
  }

  slugOf(orgId: string): string | undefined {
    return this.#slugs.get(orgId);
  }

  #recount(userId: string, memberships: readonly Membership[]): void {
    for (const membership of memberships) this.#count(membership, 1);
    for (const membership of this.#counted.get(userId) ?? []) this.#count(membership, -1);
    if (memberships.length > 0) this.#counted.set(userId, memberships);
    else this.#counted.delete(userId);
  }

  #count({ orgId, slug }: Membership, by: 1 | -1): void {
    const count = (this.#counts.get(slug) ?? 0) + by;
    if (count > 0) {
      this.#counts.set(slug, count);
      this.#slugs.set(orgId, slug);
      return;
    }
    this.#counts.delete(slug);
    if (this.#slugs.get(orgId) === slug) this.#slugs.delete(orgId);
  }
}
