import { randomBytes } from 'node:crypto';
import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, newId, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { ClaimTaken, EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { Org } from '../domain/org.ts';
import { slugOf } from '../domain/slug.ts';
import { orgs } from '../views/orgs.view.ts';
import { members } from '../views/people.view.ts';
import { callerOf, orgOf } from './caller.ts';
import { Snapshots } from './snapshots.ts';

type OrgView = identity.OrgView;

const streamOf = (orgId: string): string => `org-${orgId}`;
/** More than any organization has; who is beyond it is caught up by the comparison at the next start. */
const mostMembers = 10_000;
const slugTaken = { code: 'SlugTaken', details: {} } as const;

@Controller()
export class OrgsHandler {
  private readonly org;

  constructor(
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
  ) {
    this.org = handleWith(store, Org, { name: 'org' });
  }

  @Serves(identity.CreateOrg)
  async create(input: InputOf<typeof identity.CreateOrg>, context: RequestContext): Promise<OutputOf<typeof identity.CreateOrg>> {
    const createdBy = callerOf(context);
    const { name, billingEmail = null } = input;
    const at = instantOf(systemClock.now());
    const orgId = newId(OrgId);
    const slug = input.slug ?? (await this.freeSlug(name));
    const command = { type: 'Create', orgId, slug, name, billingEmail, createdBy, isDefault: false, at } as const;
    const answer = (): OrgView => ({ id: orgId, slug, name, billingEmail, billingDetails: {}, createdAt: at });
    try {
      // The claim is only for the slug; another organization may have taken it since it was looked up.
      const claims = () => [{ scope: 'slug', key: slug, take: streamOf(orgId) }];
      const handled = refuse(await this.org(streamOf(orgId), command, { ...context, orgId }, { input, answer, claims, fresh: true }));
      await this.snapshots.membersChanged(createdBy);
      return handled.answer;
    } catch (error) {
      if (error instanceof ClaimTaken) return refuse(slugTaken);
      throw error;
    }
  }

  @Serves(identity.GetOrg)
  async get(_: InputOf<typeof identity.GetOrg>, context: RequestContext): Promise<OutputOf<typeof identity.GetOrg>> {
    return this.find(orgOf(context));
  }

  @Serves(identity.UpdateOrg)
  async update(input: InputOf<typeof identity.UpdateOrg>, context: RequestContext): Promise<OutputOf<typeof identity.UpdateOrg>> {
    const orgId = orgOf(context);
    const { createdAt, slug: oldSlug } = await this.find(orgId);
    const { org: _, ...changes } = input;
    const at = instantOf(systemClock.now());
    const newSlug = changes.slug ?? oldSlug;
    const claims = () =>
      newSlug === oldSlug
        ? []
        : [
            { scope: 'slug', key: newSlug, take: streamOf(orgId) },
            { scope: 'slug', key: oldSlug, release: streamOf(orgId) },
          ];
    const answer = (_events: unknown, state: typeof Org.initial): OrgView | null => {
      if (state.status === 'Absent') return null;
      const { slug, name, billingEmail, billingDetails } = state;
      return { id: state.orgId, slug, name, billingEmail, billingDetails, createdAt };
    };
    try {
      const handled = refuse(await this.org(streamOf(orgId), { type: 'Update', ...changes, at }, context, { input, answer, claims }));
      if (newSlug !== oldSlug) await this.membersMoved(orgId);
      return handled.answer ?? refuse({ code: 'OrgNotFound', details: {} });
    } catch (error) {
      if (error instanceof ClaimTaken) return refuse(slugTaken);
      throw error;
    }
  }

  private async find(orgId: OrgId): Promise<OrgView> {
    const found = await this.store.read(orgs).one({ id: orgId });
    return found ?? refuse({ code: 'OrgNotFound', details: {} });
  }

  private async freeSlug(name: string): Promise<string> {
    const plain = slugOf(name);
    const taken = await this.store.holderOf('slug', plain);
    return taken ? slugOf(name, randomBytes(3).toString('hex')) : plain;
  }

  private async membersMoved(orgId: OrgId): Promise<void> {
    const moved = await this.store.read(members).list({ where: { orgId }, order: { by: ['joinedAt'] }, limit: mostMembers });
    for (const { userId } of moved) await this.snapshots.membersChanged(userId);
  }
}
