import type { Provider } from '@nestjs/common';
import type { Consumer } from '@orrery/event-store';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../../identity.config.ts';
import { AdministratorsHandler } from '../administrators/administrators.handler.ts';
import { Administrators } from '../administrators/administrators.ts';
import { auditChoreOf } from '../audit/audit-parts.ts';
import { Chores } from '../chores.ts';
import { linkedAccountsOf } from '../external/linked-accounts-of.ts';
import { foundationOf } from '../foundation.ts';
import { OutboxHandler } from '../mail/outbox.handler.ts';
import { Post } from '../mail/post.ts';
import { pruneLetters } from '../mail/prune-letters.ts';
import { pruneRecords } from '../oauth/prune-records.ts';
import { erasuresOf, forgetInvitesOf, receivedInvitesOf } from '../orgs/org-parts.ts';
import { Orgs } from '../orgs/orgs.ts';
import { Numbers } from '../people/numbers.ts';
import { PeopleHandler } from '../people/people.handler.ts';
import { People } from '../people/people.ts';
import { PersonChanges } from '../people/person-changes.ts';
import { SetupDoor, SetupHandler } from '../people/setup.handler.ts';
import { forgetSessions } from '../sessions/forget-sessions.ts';
import { SecondFactors } from '../sessions/second-factors.ts';
import { Doors, SessionsHandler } from '../sessions/sessions.handler.ts';
import { Sessions } from '../sessions/sessions.ts';
import { SigningKeysHandler } from '../signing/signing-keys.handler.ts';
import { SigningKeys } from '../signing/signing-keys.ts';
import { tendKeys } from '../signing/tend-keys.ts';
import { Snapshots } from '../snapshots.ts';
import { pruneTries } from '../tries/prune-tries.ts';
import { Tries } from '../tries/tries.ts';
import { AccountDoors, AccountsHandler } from './accounts.handler.ts';
import { Accounts } from './accounts.ts';
import { DeletionsHandler } from './deletions.handler.ts';
import { Deletions } from './deletions.ts';
import { HashingThreads } from './hashing-threads.ts';
import { Passwords } from './passwords.ts';
import { SignUpDoor, SignUpHandler } from './sign-up.handler.ts';
import { SignUps } from './sign-ups.ts';
import { userDeletedConsumer } from './user-deleted.consumer.ts';

type IdentityDeps = Deps<IdentityConfig>;

/** People, their sessions and letters: who serves requests about them. */
export const userControllers = [
  SignUpHandler,
  AccountsHandler,
  DeletionsHandler,
  OutboxHandler,
  SessionsHandler,
  SigningKeysHandler,
  PeopleHandler,
  AdministratorsHandler,
  SetupHandler,
];

const deletionsOf = (deps: IdentityDeps): Deletions => {
  const { store, bus, config } = deps;
  const [erasures, linkedAccounts] = [erasuresOf(deps), linkedAccountsOf(deps)];
  return new Deletions({ ...foundationOf(deps), store, bus, erasures, linkedAccounts, publicUrl: config.publicUrl });
};

export const userProviders = (deps: IdentityDeps): readonly Provider[] => {
  const { store, secrets, config, log } = deps;
  const { publicUrl } = config;
  const foundation = foundationOf(deps);
  const { signingKeys, snapshots, sessions, post, tries, triesTable, refreshTokens, administrators, mustVerify, oauthRecords } = foundation;
  const threads = new HashingThreads(config.hashesAtOnce, (err) => log.warn({ err }, 'a thread that hashes passwords failed'));
  const passwords = new Passwords(threads, { atOnce: config.hashesAtOnce, waiting: config.hashesWaiting });
  const accounts = new Accounts({ ...foundation, store, ticketKey: secrets('ticket-mac'), publicUrl });
  const people = new People(store, new Numbers(store));
  const received = receivedInvitesOf(deps);
  const signUps = new SignUps({ ...foundation, store, accounts, received });
  const changes = new PersonChanges({ people, signUps, accounts, passwords, administrators, orgs: new Orgs(store), snapshots });
  const door = { people, changes, sessions, passwords, tries };
  const chores = [
    forgetSessions(snapshots),
    pruneTries(triesTable),
    pruneLetters(post),
    forgetInvitesOf(deps),
    tendKeys(signingKeys, snapshots),
    auditChoreOf(deps),
    pruneRecords(oauthRecords, snapshots),
  ];
  return [
    { provide: Snapshots, useValue: snapshots },
    { provide: SigningKeys, useValue: signingKeys },
    { provide: Sessions, useValue: sessions },
    { provide: Tries, useValue: tries },
    { provide: HashingThreads, useValue: threads },
    { provide: Passwords, useValue: passwords },
    { provide: Post, useValue: post },
    { provide: Doors, useValue: new Doors(passwords, new SecondFactors(store), refreshTokens, tries) },
    { provide: Accounts, useValue: accounts },
    { provide: AccountDoors, useValue: new AccountDoors(accounts, passwords, tries, post) },
    { provide: SignUps, useValue: signUps },
    { provide: Administrators, useValue: administrators },
    { provide: People, useValue: people },
    { provide: PersonChanges, useValue: changes },
    { provide: SetupDoor, useValue: new SetupDoor(door, config.setup === 'open') },
    { provide: SignUpDoor, useValue: new SignUpDoor(passwords, tries, post, { publicUrl, mustVerify }) },
    { provide: Deletions, useValue: deletionsOf(deps) },
    { provide: Chores, useValue: new Chores(chores, (err) => log.warn({ err }, 'a chore was left undone')) },
  ];
};

export const userConsumers = (deps: IdentityDeps): readonly Consumer[] => [userDeletedConsumer(deletionsOf(deps))];
