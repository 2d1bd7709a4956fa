import type { identity } from '@orrery/contracts';
import { Snapshot } from './snapshot.ts';

/** The organizations that there are, also by the slugs and the spaces that they have now. */
export class Orgs {
  readonly #bySlug = new Map<string, string>();
  readonly #bySpace = new Map<string, string>();
  readonly #indexed = new Map<string, identity.OrgSnapshot>();
  readonly snapshot = new Snapshot<identity.OrgSnapshot>((orgId, now) => this.#changed(orgId, now));

  get(orgId: string): identity.OrgSnapshot | undefined {
    return this.snapshot.get(orgId);
  }

  idOf(slug: string): string | undefined {
    return this.#bySlug.get(slug);
  }

  /** The organization of a space that exists. */
  ofSpace(spaceId: string): string | undefined {
    return this.#bySpace.get(spaceId);
  }

  #changed(orgId: string, now: identity.OrgSnapshot | undefined): void {
    const before = this.#indexed.get(orgId);
    // Another organization may have taken the slug since.
    if (before && this.#bySlug.get(before.slug) === orgId) this.#bySlug.delete(before.slug);
    for (const spaceId of before?.spaces ?? []) this.#bySpace.delete(spaceId);
    if (!now) {
      this.#indexed.delete(orgId);
      return;
    }
    this.#indexed.set(orgId, now);
    this.#bySlug.set(now.slug, orgId);
    for (const spaceId of now.spaces) this.#bySpace.set(spaceId, orgId);
  }
}
