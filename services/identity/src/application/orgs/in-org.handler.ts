import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';
import { apiKeys } from '../../views/keys/api-keys.view.ts';
import { members } from '../../views/orgs/members.view.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';

@Controller()
export class InOrgHandler {
  constructor(private readonly store: EventStore) {}

  /** A key of a person's own opens the organizations that they are in, and so is in them. */
  @Serves(identity.FindInOrg)
  async find({ orgId, userId, keyId }: InputOf<typeof identity.FindInOrg>): Promise<OutputOf<typeof identity.FindInOrg>> {
    const [org, key] = await Promise.all([
      this.store.read(orgs).one({ id: orgId }),
      keyId === undefined ? undefined : this.store.read(apiKeys).one({ id: keyId }),
    ]);
    const [hasMember, hasOwner] = await Promise.all([
      this.isIn(orgId, userId),
      this.isIn(orgId, key?.orgId === null ? key.userId : undefined),
    ]);
    return { isThere: org !== undefined, hasMember, hasKey: key?.orgId === orgId || hasOwner };
  }

  private async isIn(
    orgId: InputOf<typeof identity.FindInOrg>['orgId'],
    userId: InputOf<typeof identity.FindInOrg>['userId'],
  ): Promise<boolean> {
    return userId !== undefined && (await this.store.read(members).one({ orgId, userId })) !== undefined;
  }
}
