import type { Provider } from '@nestjs/common';
import type { Consumer, View } from '@orrery/event-store';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../../identity.config.ts';
import { invites } from '../../views/invites.view.ts';
import { occupations } from '../../views/occupations.view.ts';
import { defaultOrgs, members } from '../../views/orgs/members.view.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';
import { spaceMembers, spaces } from '../../views/spaces.view.ts';
import type { Chore } from '../chores.ts';
import { foundationOf } from '../foundation.ts';
import { forgetInvites } from '../invites/forget-invites.ts';
import { InvitePost } from '../invites/invite-post.ts';
import { InviteTokens } from '../invites/invite-tokens.ts';
import { InvitesHandler } from '../invites/invites.handler.ts';
import { Invites } from '../invites/invites.ts';
import { ReceivedInvitesHandler } from '../invites/received-invites.handler.ts';
import { ReceivedInvites } from '../invites/received-invites.ts';
import { ProfilesHandler } from '../profiles/profiles.handler.ts';
import { SpaceAccess } from '../spaces/space-access.ts';
import { SpaceInvitesHandler } from '../spaces/space-invites.handler.ts';
import { SpaceListsHandler } from '../spaces/space-lists.handler.ts';
import { SpaceMembersHandler } from '../spaces/space-members.handler.ts';
import { SpacesHandler } from '../spaces/spaces.handler.ts';
import { Together } from '../together.ts';
import { Departures } from './departures.ts';
import { Erasures } from './erasures.ts';
import { InOrgHandler } from './in-org.handler.ts';
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
  InOrgHandler,
  MembersHandler,
  OrgEndsHandler,
  InvitesHandler,
  ReceivedInvitesHandler,
  SpacesHandler,
  SpaceListsHandler,
  SpaceMembersHandler,
  SpaceInvitesHandler,
  ProfilesHandler,
];

export const orgViews: readonly View[] = [members, defaultOrgs, orgs, invites, spaces, spaceMembers, occupations];

const invitesOf = (deps: IdentityDeps): Invites => {
  const { store, secrets, config } = deps;
  const { together, post } = foundationOf(deps);
  return new Invites(
    store,
    together,
    new InviteTokens(secrets('ticket-mac'), secrets('claim-mac')),
    new InvitePost(post, config.publicUrl),
  );
};

export const forgetInvitesOf = (deps: IdentityDeps): Chore => forgetInvites(deps.store, invitesOf(deps));

/** For whoever lets people in: also those who come with an invite. */
export const receivedInvitesOf = (deps: IdentityDeps): ReceivedInvites => {
  const { together, tries } = foundationOf(deps);
  return new ReceivedInvites(deps.store, together, invitesOf(deps), tries);
};

export const erasuresOf = (deps: IdentityDeps): Erasures => {
  const { store, bus } = deps;
  const { together, snapshots } = foundationOf(deps);
  const departures = new Departures(store, together, snapshots);
  return new Erasures(store, departures, new OrgEnds(store, together, bus, snapshots), invitesOf(deps));
};

export const orgProviders = (deps: IdentityDeps): readonly Provider[] => {
  const { store, bus } = deps;
  const { together, snapshots } = foundationOf(deps);
  const departures = new Departures(store, together, snapshots);
  const ends = new OrgEnds(store, together, bus, snapshots);
  return [
    { provide: Together, useValue: together },
    { provide: Orgs, useValue: new Orgs(store) },
    { provide: OrgEnds, useValue: ends },
    { provide: Departures, useValue: departures },
    { provide: Erasures, useValue: erasuresOf(deps) },
    { provide: Invites, useValue: invitesOf(deps) },
    { provide: ReceivedInvites, useValue: receivedInvitesOf(deps) },
    { provide: SpaceAccess, useValue: new SpaceAccess(store) },
  ];
};

export const orgConsumers = (deps: IdentityDeps): readonly Consumer[] => {
  const { together, snapshots } = foundationOf(deps);
  return [orgDeletedConsumer(new WindingUp(deps.store, together, invitesOf(deps), snapshots))];
};
