import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, permissionsOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';
import { occupations } from '../../views/occupations.view.ts';
import { joinedSpacesOf, spacesOf } from '../../views/space-lists.ts';
import { callerOf, orgOf } from '../caller.ts';
import { orgOfKey } from '../keys/org-of-key.ts';
import { SpaceAccess } from './space-access.ts';

@Controller()
export class SpaceListsHandler {
  constructor(
    private readonly store: EventStore,
    private readonly access: SpaceAccess,
  ) {}

  @Serves(identity.ListSpaces)
  async list(input: InputOf<typeof identity.ListSpaces>, context: RequestContext): Promise<OutputOf<typeof identity.ListSpaces>> {
    const memberOnly = (await this.access.managesAll(context)) ? undefined : callerOf(context);
    return await spacesOf(this.store, orgOf(context), { ...input, memberOnly });
  }

  @Serves(identity.GetStanding)
  async standing(_: InputOf<typeof identity.GetStanding>, context: RequestContext): Promise<OutputOf<typeof identity.GetStanding>> {
    const { principal } = context;
    const permissions = [...permissionsOf(principal)];
    const userId = callerOf(context);
    const [chosen, joined, only] = await Promise.all([
      this.store.read(occupations).one({ userId }),
      joinedSpacesOf(this.store, userId),
      orgOfKey(this.store, context),
    ]);
    const spaces = only === undefined ? joined : joined.filter(({ orgId }) => orgId === only);
    return { permissions, occupation: chosen?.occupation ?? null, spaces };
  }
}
