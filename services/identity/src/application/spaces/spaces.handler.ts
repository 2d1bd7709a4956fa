import { Controller } from '@nestjs/common';
import {
  type InputOf,
  identity,
  instantOf,
  newId,
  type OrgId,
  type OutputOf,
  type RequestContext,
  spacePermissions,
} from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { Org } from '../../domain/orgs/org.ts';
import { type Command, Space } from '../../domain/spaces/space.ts';
import { mostSpaces } from '../../views/orgs/org-snapshots.ts';
import { spaces, spaceViewOf } from '../../views/spaces.view.ts';
import { callerOf, orgOf } from '../caller.ts';
import { orgStream } from '../orgs/orgs.ts';
import { Snapshots } from '../snapshots.ts';
import { part, Together } from '../together.ts';
import { SpaceAccess, spaceNotFound } from './space-access.ts';
import { spaceStream } from './space-stream.ts';

const now = () => instantOf(systemClock.now());

@Controller()
export class SpacesHandler {
  constructor(
    private readonly store: EventStore,
    private readonly together: Together,
    private readonly access: SpaceAccess,
    private readonly snapshots: Snapshots,
  ) {}

  @Serves(identity.CreateSpace)
  async create(input: InputOf<typeof identity.CreateSpace>, context: RequestContext): Promise<OutputOf<typeof identity.CreateSpace>> {
    const orgId = orgOf(context);
    await this.assertRoom(orgId);
    const createdBy = callerOf(context);
    const spaceId = newId(identity.SpaceId);
    const at = now();
    const stream = spaceStream(spaceId);
    const parts = [
      part(Org, orgStream(orgId), { type: 'Vouch', by: null }),
      part(Space, stream, { type: 'Create', spaceId, orgId, ...input, createdBy, permissions: spacePermissions, at }),
    ];
    const { answer } = refuse(await this.together.commit({ name: 'create-space', parts, input, answer: { spaceId } }, stream, context));
    await this.snapshots.orgChanged(orgId);
    await this.snapshots.membersChanged(createdBy);
    return await this.view(answer.spaceId);
  }

  @Serves(identity.GetSpace)
  async get({ spaceId }: InputOf<typeof identity.GetSpace>, context: RequestContext): Promise<OutputOf<typeof identity.GetSpace>> {
    return spaceViewOf(await this.access.visible(spaceId, context));
  }

  @Serves(identity.UpdateSpace)
  async update(input: InputOf<typeof identity.UpdateSpace>, context: RequestContext): Promise<OutputOf<typeof identity.UpdateSpace>> {
    const { spaceId, ...changes } = input;
    await this.tell(spaceId, { type: 'Update', ...changes, ...told(context) }, context);
    return await this.view(spaceId);
  }

  @Serves(identity.DeleteSpace)
  async delete({ spaceId }: InputOf<typeof identity.DeleteSpace>, context: RequestContext): Promise<OutputOf<typeof identity.DeleteSpace>> {
    await this.tell(spaceId, { type: 'Delete', ...told(context) }, context);
    await this.snapshots.orgChanged(orgOf(context));
    return {};
  }

  @Serves(identity.RestoreSpace)
  async restore(
    { spaceId }: InputOf<typeof identity.RestoreSpace>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RestoreSpace>> {
    const orgId = orgOf(context);
    await this.assertRoom(orgId);
    await this.tell(spaceId, { type: 'Restore', ...told(context) }, context);
    await this.snapshots.orgChanged(orgId);
    return await this.view(spaceId);
  }

  private async tell(spaceId: identity.SpaceId, command: Exclude<Command, { type: 'Create' }>, context: RequestContext): Promise<void> {
    await this.access.managed(spaceId, context);
    const stream = spaceStream(spaceId);
    const joint = { name: 'space', parts: [part(Space, stream, command)], input: { ...command, at: null }, answer: null };
    refuse(await this.together.commit(joint, stream, context));
  }

  private async view(id: identity.SpaceId): Promise<identity.SpaceView> {
    const row = await this.store.read(spaces).one({ id });
    return row ? spaceViewOf(row) : refuse(spaceNotFound);
  }

  private async assertRoom(orgId: OrgId): Promise<void> {
    const there = await this.store.read(spaces).count({ orgId, isDeleted: false });
    if (there >= mostSpaces) refuse({ code: 'TooManySpaces', details: { limit: mostSpaces } });
  }
}

const told = (context: RequestContext) => ({ orgId: orgOf(context), by: callerOf(context), at: now() });
