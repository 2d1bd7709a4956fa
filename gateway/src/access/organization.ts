import { type OrgRole, rolePermissions } from '@orrery/contracts';
import { edgeFailure, Failed, refusal } from '../failure.ts';
import { type Identity, principalOfKey, type Session } from './authenticate.ts';
import type { Caller } from './caller.ts';
import type { Members, Membership } from './members.ts';

export interface Wish {
  /** The organization that the path names. */
  readonly slugInPath?: string | undefined;
  /** `X-Org-Slug`: counts for people, whose tokens name no organization. */
  readonly slugInHeader?: string | undefined;
  /** Whether the operation needs an organization at all. */
  readonly isNeeded: boolean;
}

type Person = Pick<Session, 'userId' | 'sessionId'>;

const slugForm = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Says who acts in which organization: a key in its own, a person where the path, the header or the default says. */
export class Organizations {
  readonly #members: Members;
  readonly #catchUpMs: number;

  constructor(members: Members, catchUpMs: number) {
    this.#members = members;
    this.#catchUpMs = catchUpMs;
  }

  async resolve(identity: Identity, wish: Wish): Promise<Caller> {
    switch (identity.kind) {
      case 'nobody':
        return { principal: { kind: 'nobody' } };
      case 'operator':
        return { principal: { kind: 'operator', id: 'operator' } };
      case 'key':
        await this.#assertOwn(identity.key, wish.slugInPath);
        return { principal: principalOfKey(identity.key), orgId: identity.key.orgId };
      case 'pending':
        return { principal: { kind: 'pending', id: identity.userId, sessionId: identity.sessionId } };
      case 'user':
        return await this.#ofUser(identity, wish);
    }
  }

  async #assertOwn({ orgId, userId }: { orgId: string; userId: string }, slug: string | undefined): Promise<void> {
    if (slug === undefined || this.#members.slugOf(orgId) === slug) return;
    // Renamed a moment ago, or unknown here yet.
    await this.#members.snapshot.when(userId, ({ memberships }) => memberships.some((each) => each.slug === slug), this.#catchUpMs);
    if (this.#members.slugOf(orgId) !== slug) throw this.#stranger(slug);
  }

  async #ofUser({ userId, sessionId }: Person, { slugInPath, slugInHeader, isNeeded }: Wish): Promise<Caller> {
    const slug = slugInPath ?? slugInHeader;
    const membership = slug === undefined ? await this.#default(userId, isNeeded) : await this.#named(userId, slug);
    if (membership) return { principal: principalOf({ userId, sessionId }, membership.role), orgId: membership.orgId };
    if (slug !== undefined) throw this.#stranger(slug);
    if (isNeeded) throw new Failed(edgeFailure('NoOrganization'));
    return { principal: { kind: 'user', id: userId, sessionId, permissions: [] } };
  }

  async #default(userId: string, isNeeded: boolean): Promise<Membership | undefined> {
    const { snapshot } = this.#members;
    const known = isNeeded
      ? await snapshot.when(userId, ({ memberships }) => memberships.length > 0, this.#catchUpMs)
      : snapshot.get(userId);
    return known?.memberships.find(({ isDefault }) => isDefault) ?? known?.memberships[0];
  }

  async #named(userId: string, slug: string): Promise<Membership | undefined> {
    if (!slugForm.test(slug)) return undefined;
    const isIn = ({ memberships }: { memberships: readonly Membership[] }): boolean => memberships.some((each) => each.slug === slug);
    const known = await this.#members.snapshot.when(userId, isIn, this.#catchUpMs);
    return known?.memberships.find((each) => each.slug === slug);
  }

  /** Published so: a slug that nobody has is not found, one that others have is forbidden. */
  #stranger(slug: string): Failed {
    if (this.#members.isKnown(slug)) return new Failed(edgeFailure('NotAMember'));
    return new Failed(refusal({ refusals: { OrgNotFound: 404 } }, { code: 'OrgNotFound', details: {} }));
  }
}

const principalOf = ({ userId, sessionId }: Person, role: OrgRole): Caller['principal'] => ({
  kind: 'user',
  id: userId,
  sessionId,
  permissions: [...rolePermissions[role]],
});
