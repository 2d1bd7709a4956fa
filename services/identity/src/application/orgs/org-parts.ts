import type { Provider } from '@nestjs/common';
import type { Consumer } from '@orrery/event-store';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../../identity.config.ts';
import { foundationOf } from '../foundation.ts';
import { InvitePost } from '../invites/invite-post.ts';
import { InviteClaims } from '../invites/invite-secrets.ts';
import { InvitesHandler } from '../invites/invites.handler.ts';
import { Invites } from '../invites/invites.ts';
import { ReceivedInvitesHandler } from '../invites/received-invites.handler.ts';
import { ReceivedInvites } from '../invites/received-invites.ts';
import { SpaceAccess } from '../spaces/space-access.ts';
import { SpaceInvitesHandler } from '../spaces/space-invites.handler.ts';
import { SpaceListsHandler } from '../spaces/space-lists.handler.ts';
import { SpaceMembersHandler } from '../spaces/space-members.handler.ts';
import { SpacesHandler } from '../spaces/spaces.handler.ts';
import { Together } from '../together.ts';
import { Departures } from './departures.ts';
import { Erasures } from './erasures.ts';
import { MembersHandler } from './members.handler.ts';
import { orgDeletedConsumer } from './org-deleted.consumer.ts';
import { OrgEndsHandler } from './org-ends.handler.ts';
import { OrgEnds } from './org-ends.ts';
import { OrgsHandler } from './orgs.handler.ts';
import { Orgs } from './orgs.ts';
import { WindingUp } from './winding-up.ts';

type IdentityDeps = Deps<IdentityConfig>;

/** Organizations, invites and spaces: who serves requests about them. */
export const orgControllers = [
  OrgsHandler,
  MembersHandler,
  OrgEndsHandler,
  InvitesHandler,
  ReceivedInvitesHandler,
  SpacesHandler,
  SpaceListsHandler,
  SpaceMembersHandler,
  SpaceInvitesHandler,
];

const invitesOf = ({ store, secrets }: IdentityDeps, together: Together): Invites =>
  new Invites(store, together, new InviteClaims(secrets('claim-mac')));

export const erasuresOf = (deps: IdentityDeps): Erasures => {
  const { store, bus } = deps;
  const { together, snapshots } = foundationOf(deps);
  const departures = new Departures(store, together, snapshots);
  return new Erasures(store, departures, new OrgEnds(store, together, bus, snapshots), invitesOf(deps, together));
};

export const orgProviders = (deps: IdentityDeps): readonly Provider[] => {
  const { store, bus, config } = deps;
  const { together, snapshots, tries, post } = foundationOf(deps);
  const invites = invitesOf(deps, together);
  const departures = new Departures(store, together, snapshots);
  const ends = new OrgEnds(store, together, bus, snapshots);
  return [
    { provide: Together, useValue: together },
    { provide: Orgs, useValue: new Orgs(store) },
    { provide: OrgEnds, useValue: ends },
    { provide: Departures, useValue: departures },
    { provide: Erasures, useValue: erasuresOf(deps) },
    { provide: Invites, useValue: invites },
    { provide: InvitePost, useValue: new InvitePost(config.publicUrl, (letter, context) => post.send(letter, {}, context)) },
    { provide: ReceivedInvites, useValue: new ReceivedInvites(store, together, invites, tries) },
    { provide: SpaceAccess, useValue: new SpaceAccess(store) },
  ];
};

export const orgConsumers = (deps: IdentityDeps): readonly Consumer[] => {
  const { together, snapshots } = foundationOf(deps);
  return [orgDeletedConsumer(new WindingUp(deps.store, together, invitesOf(deps, together), snapshots))];
};
