import { identity, OrgId } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';
import type { Environments } from './environments.ts';

/** The variables of an organization end with it, and their values are forgotten. */
export const environmentConsumer = (environments: Environments): Consumer =>
  consumer({
    service: 'execution',
    name: 'environment',
    events: [identity.IdentityEvents.OrgDeleted],
    react: async ({ event }, { context }) => {
      await environments.close(OrgId.parse(event.data.orgId), context);
      return undefined;
    },
  });
