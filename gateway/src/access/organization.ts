import { type identity, type Permission, type Principal, personOf } from '@orrery/contracts';
import { edgeFailure, Failed, refusal } from '../failure.ts';
import { principalOfApp } from './apps.ts';
import type { Identity } from './authenticate.ts';
import type { Caller } from './caller.ts';
import { principalOfKey } from './key-principal.ts';
import type { KnownKey } from './keys.ts';
import type { Found, Nowhere, Place, Places, Whereto } from './places.ts';

export interface Wish {
  /** The organization that the path names. */
  readonly slugInPath?: string | undefined;
  /** `X-Org-Slug`: counts for people, whose tokens name no organization. */
  readonly slugInHeader?: string | undefined;
  /** The space that the path names. */
  readonly spaceInPath?: string | undefined;
  /** `X-Space-Id`. */
  readonly spaceInHeader?: string | undefined;
  /** Whether the operation needs an organization at all. */
  readonly isNeeded: boolean;
  /** Whether some of it is the operator's. */
  readonly isOperators: boolean;
}

const slugForm = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Published so: a slug that nobody has is not found, one that others have is forbidden. Spaces of others are as if they were not. */
const failureOf = (nowhere: Nowhere): Failed => {
  if (nowhere === 'NotAMember' || nowhere === 'NoOrganization') return new Failed(edgeFailure(nowhere));
  return new Failed(refusal({ refusals: { OrgNotFound: 404, SpaceNotFound: 404 } }, { code: nowhere, details: {} }));
};

interface Ask {
  readonly userId: string;
  readonly whereto: Whereto;
  readonly isNeeded: boolean;
}

/** Where a person, or whoever answers for a key, wants to be. A key of an organization is nowhere else. */
const askOf = (identity: Identity, { slugInPath, slugInHeader, isNeeded, isOperators: _, ...spaces }: Wish): Ask | undefined => {
  const person = identity.kind === 'user' || identity.kind === 'app' ? identity.userId : undefined;
  if (person !== undefined) {
    return { userId: person, whereto: { slug: slugInPath ?? slugInHeader, ...spaces }, isNeeded };
  }
  if (identity.kind !== 'key') return undefined;
  const { key, secret } = identity;
  const { userId } = secret;
  // A key has a space of its own, if any, where the request names none.
  const spaceInHeader = spaces.spaceInHeader ?? key.spaceId ?? undefined;
  const where = { ...spaces, spaceInHeader };
  if (key.orgId === null) return { userId, whereto: { slug: slugInPath ?? slugInHeader, ...where }, isNeeded };
  return { userId, whereto: { slug: slugInPath, orgId: key.orgId, ...where }, isNeeded: true };
};

const principalOf = (identity: Identity, held: readonly Permission[]): Principal => {
  switch (identity.kind) {
    case 'nobody':
      return { kind: 'nobody' };
    case 'operator':
      return { kind: 'operator', id: 'operator' };
    case 'pending':
      return { kind: 'pending', id: identity.userId, sessionId: identity.sessionId };
    case 'user':
      return { kind: 'user', id: identity.userId, sessionId: identity.sessionId, permissions: [...held] };
    case 'key':
      return principalOfKey(identity, held);
    case 'app':
      return principalOfApp(identity, held);
  }
};

const callerOf = (identity: Identity, place: Place | undefined): Caller => {
  const models = identity.kind === 'key' && identity.key.models !== null ? { models: identity.key.models } : {};
  if (!place) return { principal: principalOf(identity, []), ...models };
  const { orgId, spaceId, permissions, isSuspended } = place;
  return {
    principal: principalOf(identity, permissions),
    ...models,
    orgId,
    ...(spaceId === undefined ? {} : { spaceId }),
    ...(isSuspended ? { isSuspended } : {}),
  };
};

/** Who acts with a key, and everything that follows from, as it was then. */
interface KnownCaller {
  readonly identity: KnownKey;
  readonly member: identity.MemberSnapshot | undefined;
  readonly org: identity.OrgSnapshot | undefined;
  readonly caller: Caller;
}

/** However many keys come and go. */
const mostKeys = 20_000;

/** Says who acts in which organization and space: a key in its own, a person where the path, the header or the default says. */
export class Organizations {
  readonly #places: Places;
  /** By the hashes of their secrets: a key is nearly always used where it was used before. */
  readonly #ofKeys = new Map<string, KnownCaller>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** As far as it is known here already; where somebody is nowhere, they may nothing. */
  find(identity: Identity, wish: Wish): Caller {
    return this.#ofKey(identity, wish) ?? this.#found(identity, wish);
  }

  /** The same when all has come that there is to know; refuses who is nowhere and must be somewhere. At once where nothing has to be waited for. */
  resolve(identity: Identity, wish: Wish): Caller | Promise<Caller> {
    return this.#ofKey(identity, wish) ?? this.#resolved(identity, wish);
  }

  /** A key of an organization, where the request says nothing of where it is made. */
  #ofKey(identity: Identity, wish: Wish): Caller | undefined {
    if (identity.kind !== 'key' || identity.key.orgId === null) return undefined;
    if (wish.slugInPath !== undefined || wish.spaceInPath !== undefined || wish.spaceInHeader !== undefined) return undefined;
    const { hash, userId } = identity.secret;
    const member = this.#places.member(userId);
    const org = this.#places.org(identity.key.orgId);
    const known = this.#ofKeys.get(hash);
    if (known !== undefined && known.identity === identity && known.member === member && known.org === org) return known.caller;
    const caller = this.#found(identity, wish);
    if (caller.orgId === undefined) return undefined;
    if (this.#ofKeys.size >= mostKeys) this.#ofKeys.clear();
    this.#ofKeys.set(hash, { identity, member, org, caller });
    return caller;
  }

  #found(identity: Identity, wish: Wish): Caller {
    const asked = askOf(identity, wish);
    const found = asked ? this.#places.look(asked.userId, asked.whereto) : this.#ofService(identity, wish);
    return this.#appointed(callerOf(identity, found && 'place' in found ? found.place : undefined));
  }

  async #resolved(identity: Identity, wish: Wish): Promise<Caller> {
    const asked = askOf(identity, wish);
    const caller = this.#appointed(callerOf(identity, asked ? await this.#place(asked) : this.#placeOfService(identity, wish)));
    if (!wish.isOperators || caller.principal.kind !== 'user' || caller.isAdministrator) return caller;
    // Appointed a moment ago, perhaps by a request to another gateway.
    await this.#places.caughtUp();
    return this.#appointed(caller);
  }

  /** Whether a caller who was let in may still do all of this: people are removed, roles change and spaces go while streams are open. */
  isCurrent({ principal, orgId, spaceId, isAdministrator }: Caller, accesses: readonly string[]): boolean {
    const userId = personOf(principal);
    if (userId === undefined) return true;
    if (isAdministrator && accesses.includes('operator') && !this.#places.isAdministrator(userId)) return false;
    if (orgId === undefined) return true;
    const found = this.#places.look(userId, { orgId, spaceInHeader: spaceId });
    if (!('place' in found)) return false;
    const held: readonly string[] = found.place.permissions;
    return accesses.every((access) => !access.includes(':') || held.includes(access));
  }

  /** In their own sessions: what a key may is what was given to it. */
  #appointed(caller: Caller): Caller {
    const { principal } = caller;
    return principal.kind === 'user' && this.#places.isAdministrator(principal.id) ? { ...caller, isAdministrator: true } : caller;
  }

  #placeOfService(identity: Identity, wish: Wish): Place | undefined {
    const found = this.#ofService(identity, wish);
    if (found && 'nowhere' in found) throw failureOf(found.nowhere);
    return found?.place;
  }

  /** A service account is in its organization and nowhere else. */
  #ofService(identity: Identity, { slugInPath, spaceInHeader }: Wish): Found | undefined {
    if (identity.kind !== 'app' || identity.app.orgId === null) return undefined;
    return this.#places.ofService(identity.app.orgId, { slug: slugInPath, spaceInHeader });
  }

  async #place({ userId, whereto, isNeeded }: Ask): Promise<Place | undefined> {
    const { slug } = whereto;
    if (slug !== undefined && !slugForm.test(slug)) throw failureOf('OrgNotFound');
    const found = await this.#places.find(userId, whereto, isNeeded);
    if ('place' in found) return found.place;
    if (found.nowhere === 'NoOrganization' && !isNeeded) return undefined;
    throw failureOf(found.nowhere);
  }
}
