import { randomBytes } from 'node:crypto';
import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, newId, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { type Claim, ClaimTaken, EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { Org, type State } from '../../domain/orgs/org.ts';
import { slugOf } from '../../domain/orgs/slug.ts';
import { assertRoomFor, listOrgsOf } from '../../views/orgs/memberships.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';
import { callerOf, orgOf } from '../caller.ts';
import { orgOfKey } from '../keys/org-of-key.ts';
import { Snapshots } from '../snapshots.ts';
import { part, Together } from '../together.ts';
import { Orgs, orgStream } from './orgs.ts';

const slugTaken = { code: 'SlugTaken', details: {} } as const;

const slugIn = (state: State): string | undefined => (state.status === 'Absent' ? undefined : state.slug);

/** The new slug is taken and the old one is free again, in the transaction of the renaming. */
const renaming =
  (orgId: OrgId) =>
  (_: unknown, states: { readonly before: State; readonly after: State }): readonly Claim[] => {
    const [before, after] = [slugIn(states.before), slugIn(states.after)];
    if (before === undefined || after === undefined || before === after) return [];
    const stream = orgStream(orgId);
    return [
      { scope: 'slug', key: after, take: stream },
      { scope: 'slug', key: before, release: stream },
    ];
  };

const unlessTaken = (error: unknown): never => {
  if (error instanceof ClaimTaken && error.scope === 'slug') return refuse(slugTaken);
  throw error;
};

@Controller()
export class OrgsHandler {
  constructor(
    private readonly store: EventStore,
    private readonly orgs: Orgs,
    private readonly together: Together,
    private readonly snapshots: Snapshots,
  ) {}

  @Serves(identity.ListOrgs)
  async list(input: InputOf<typeof identity.ListOrgs>, context: RequestContext): Promise<OutputOf<typeof identity.ListOrgs>> {
    return await listOrgsOf(this.store, { userId: callerOf(context), only: await orgOfKey(this.store, context) }, input);
  }

  @Serves(identity.NamesOfOrgs)
  async names({ orgIds }: InputOf<typeof identity.NamesOfOrgs>): Promise<OutputOf<typeof identity.NamesOfOrgs>> {
    if (orgIds.length === 0) return { items: [] };
    const rows = await this.store.read(orgs).list({ where: { id: { in: orgIds } }, order: { by: ['id'] }, limit: orgIds.length });
    return { items: rows.map(({ id: orgId, slug }) => ({ orgId, slug })) };
  }

  @Serves(identity.CreateOrg)
  async create(input: InputOf<typeof identity.CreateOrg>, context: RequestContext): Promise<OutputOf<typeof identity.CreateOrg>> {
    const createdBy = callerOf(context);
    await assertRoomFor(this.store, createdBy);
    const { name, billingEmail = null } = input;
    const orgId = newId(OrgId);
    const slug = input.slug ?? (await this.freeSlug(name));
    const at = instantOf(systemClock.now());
    const command = { type: 'Create', orgId, slug, name, kind: 'team', billingEmail, createdBy, at } as const;
    const stream = orgStream(orgId);
    // Another organization may have taken the slug since it was looked up.
    const parts = [part(Org, stream, command, { claims: () => [{ scope: 'slug', key: slug, take: stream }] })];
    const joint = { name: 'create-org', parts, input, answer: { orgId }, orgId };
    const { answer } = refuse(await this.together.commit(joint, stream, context).catch(unlessTaken));
    await this.snapshots.orgChanged(answer.orgId);
    await this.snapshots.membersChanged(createdBy);
    return await this.orgs.find(answer.orgId);
  }

  @Serves(identity.GetOrg)
  async get(_: InputOf<typeof identity.GetOrg>, context: RequestContext): Promise<OutputOf<typeof identity.GetOrg>> {
    return await this.orgs.find(orgOf(context));
  }

  @Serves(identity.UpdateOrg)
  async update(input: InputOf<typeof identity.UpdateOrg>, context: RequestContext): Promise<OutputOf<typeof identity.UpdateOrg>> {
    const orgId = orgOf(context);
    const { org: _, ...changes } = input;
    const command = { type: 'Update', ...changes, by: callerOf(context), at: instantOf(systemClock.now()) } as const;
    const stream = orgStream(orgId);
    const parts = [part(Org, stream, command, { claims: renaming(orgId) })];
    refuse(await this.together.commit({ name: 'update-org', parts, input, answer: null }, stream, context).catch(unlessTaken));
    await this.snapshots.orgChanged(orgId);
    return await this.orgs.find(orgId);
  }

  private async freeSlug(name: string): Promise<string> {
    const plain = slugOf(name);
    const taken = await this.store.holderOf('slug', plain);
    return taken ? slugOf(name, randomBytes(3).toString('hex')) : plain;
  }
}
