import { catalog, identity, type inference, type OrgId, type RequestContext } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { type Bus, refuse } from '@orrery/messaging';

/** Whoever sets a limit waits no longer for those who know whether it can hold for anything. */
const askMs = 3_000;

interface Limited {
  readonly orgId: OrgId;
  readonly thing: inference.LimitedThing;
}

/** Knows whether there is what somebody wants to bound: a limit of nothing would be taken for one that holds. */
export class LimitedThings {
  constructor(private readonly bus: Bus) {}

  /** Refuses what is not there, and says by which field it is named. */
  async assertThere(limited: Limited, { by }: { readonly by: inference.LimitSetter }, context: RequestContext): Promise<void> {
    const { orgId, thing } = limited;
    // Who speaks for an organization is in it.
    if (thing.of === 'org' && by === 'organization') return;
    const asked = { ...context, principal: { kind: 'service', name: 'inference' }, deadlineAt: systemClock.now() + askMs } as const;
    const named = { userId: thing.of === 'user' ? thing.userId : undefined, keyId: thing.of === 'key' ? thing.keyId : undefined };
    const found = refuse(await this.bus.ask(identity.FindInOrg, { orgId, ...named }, asked)).value;
    if (!found.isThere) refuse({ code: 'NothingToLimit', details: { field: 'orgId', value: orgId } });
    if (thing.of === 'user' && !found.hasMember)
      refuse({ code: 'NothingToLimit', details: { field: 'thing.userId', value: thing.userId } });
    if (thing.of === 'key' && !found.hasKey) refuse({ code: 'NothingToLimit', details: { field: 'thing.keyId', value: thing.keyId } });
    if (thing.of !== 'model') return;
    const model = await this.bus.ask(catalog.GetModel, { model: thing.model }, asked);
    if (!model.accepted) refuse({ code: 'NothingToLimit', details: { field: 'thing.model', value: thing.model } });
  }
}
