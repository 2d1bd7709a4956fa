import type { identity } from '@orrery/contracts';
import { Snapshot } from './snapshot.ts';

/** The organizations that there are, also by the slugs that they have now. */
export class Orgs {
  readonly #ids = new Map<string, string>();
  readonly #slugs = new Map<string, string>();
  readonly snapshot = new Snapshot<identity.OrgSnapshot>((orgId, now) => this.#changed(orgId, now?.slug));

  get(orgId: string): identity.OrgSnapshot | undefined {
    return this.snapshot.get(orgId);
  }

  idOf(slug: string): string | undefined {
    return this.#ids.get(slug);
  }

  #changed(orgId: string, slug: string | undefined): void {
    const before = this.#slugs.get(orgId);
    if (before === slug) return;
    // Another organization may have taken the slug since.
    if (before !== undefined && this.#ids.get(before) === orgId) this.#ids.delete(before);
    if (slug === undefined) {
      this.#slugs.delete(orgId);
      return;
    }
    this.#slugs.set(orgId, slug);
    this.#ids.set(slug, orgId);
  }
}
