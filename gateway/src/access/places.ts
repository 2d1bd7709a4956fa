import { type identity, type Permission, permissions, rolePermissions, whileSuspended } from '@orrery/contracts';
import type { Orgs } from './orgs.ts';
import type { Snapshot } from './snapshot.ts';

type Member = identity.MemberSnapshot;
type Membership = Member['memberships'][number];

/** Where somebody acts, and what they may there. */
export interface Place {
  readonly orgId: string;
  readonly spaceId?: string;
  readonly permissions: readonly Permission[];
  /** By the operator: of what the person would hold only some is left. */
  readonly isSuspended: boolean;
}

export interface Whereto {
  /** Of an organization: in the path, or in a header. */
  readonly slug?: string | undefined;
  /** An organization that is settled: a key's own. */
  readonly orgId?: string | undefined;
  readonly spaceInPath?: string | undefined;
  readonly spaceInHeader?: string | undefined;
}

export type Nowhere = 'OrgNotFound' | 'NotAMember' | 'SpaceNotFound' | 'NoOrganization';
export type Found = { readonly place: Place } | { readonly nowhere: Nowhere };

/** Whoever is in a space sees it, and what there is to work with, whatever else they may there. */
const alwaysInSpace: readonly Permission[] = ['spaces:read', 'catalog:read'];

/**
 * In an organization somebody may what their role says. In a space they may what the space gave them, and nothing else: but for those
 * whose role manages spaces, who may in each what they may in the organization.
 */
export class Places {
  readonly #orgs: Orgs;
  readonly #members: Snapshot<Member>;
  readonly #catchUpMs: number;

  constructor(orgs: Orgs, members: Snapshot<Member>, catchUpMs: number) {
    this.#orgs = orgs;
    this.#members = members;
    this.#catchUpMs = catchUpMs;
  }

  /** What is not there yet may have been made a moment ago: who finds nothing looks again when all has come that is published. */
  async find(userId: string, whereto: Whereto, isNeeded: boolean): Promise<Found> {
    const found = this.look(userId, whereto);
    if ('place' in found || (found.nowhere === 'NoOrganization' && !isNeeded)) return found;
    await this.caughtUp();
    return this.look(userId, whereto);
  }

  /** The same objects until anything changes there. */
  member(userId: string): Member | undefined {
    return this.#members.get(userId);
  }

  org(orgId: string): identity.OrgSnapshot | undefined {
    return this.#orgs.get(orgId);
  }

  isAdministrator(userId: string): boolean {
    return this.#members.get(userId)?.isAdministrator === true;
  }

  /** All has come that is published by now. */
  async caughtUp(): Promise<void> {
    await Promise.all([this.#orgs.snapshot.caughtUp(this.#catchUpMs), this.#members.caughtUp(this.#catchUpMs)]);
  }

  /** As it is known here now. */
  look(userId: string, { slug, orgId, spaceInPath, spaceInHeader }: Whereto): Found {
    const named = slug === undefined ? orgId : this.#orgs.idOf(slug);
    if (slug !== undefined && (named === undefined || (orgId !== undefined && orgId !== named))) {
      return { nowhere: named === undefined ? 'OrgNotFound' : 'NotAMember' };
    }
    const member = this.#members.get(userId);
    const spaceId = spaceInPath ?? spaceInHeader;
    const inSpace = spaceId === undefined ? undefined : this.#inSpace(member, spaceId, named);
    if (inSpace) return { place: inSpace };
    // A space that the path names may be one that was deleted: the organization judges who asks for it.
    if (spaceId !== undefined && spaceInPath === undefined) return { nowhere: 'SpaceNotFound' };
    return this.#inOrg(member, named);
  }

  /** A service account may in its organization what was given to it, and is in no space. */
  ofService(orgId: string, { slug, spaceInHeader }: Whereto): Found {
    const named = slug === undefined ? orgId : this.#orgs.idOf(slug);
    if (named !== orgId) return { nowhere: named === undefined ? 'OrgNotFound' : 'NotAMember' };
    if (spaceInHeader !== undefined) return { nowhere: 'SpaceNotFound' };
    const place = this.#placeIn(orgId, permissions);
    return place ? { place } : { nowhere: 'NotAMember' };
  }

  #inOrg(member: Member | undefined, named: string | undefined): Found {
    const membership = named === undefined ? this.#default(member) : member?.memberships.find(({ orgId }) => orgId === named);
    const place = membership && this.#placeIn(membership.orgId, rolePermissions[membership.role]);
    if (place) return { place };
    return { nowhere: named === undefined ? 'NoOrganization' : 'NotAMember' };
  }

  /** Identity says which it is; where that one has gone a moment ago, it is the first that has not. */
  #default(member: Member | undefined): Membership | undefined {
    const existing = member?.memberships.filter(({ orgId }) => this.#orgs.get(orgId)) ?? [];
    return existing.find(({ orgId }) => orgId === member?.defaultOrgId) ?? existing[0];
  }

  #inSpace(member: Member | undefined, spaceId: string, named: string | undefined): Place | undefined {
    const orgId = this.#orgs.ofSpace(spaceId);
    if (!member || orgId === undefined || (named !== undefined && named !== orgId)) return undefined;
    const role = member.memberships.find((membership) => membership.orgId === orgId)?.role;
    if (role !== undefined && rolePermissions[role].includes('spaces:manage')) return this.#placeIn(orgId, rolePermissions[role], spaceId);
    const invited = member.spaces.find((each) => each.spaceId === spaceId);
    return invited && this.#placeIn(orgId, [...new Set([...alwaysInSpace, ...invited.permissions])], spaceId);
  }

  #placeIn(orgId: string, held: readonly Permission[], spaceId?: string): Place | undefined {
    const org = this.#orgs.get(orgId);
    if (!org) return undefined;
    const { isSuspended } = org;
    const permissions = isSuspended ? whileSuspended(held) : held;
    return { orgId, permissions, isSuspended, ...(spaceId === undefined ? {} : { spaceId }) };
  }
}
