import type { Instant, identity, UserId } from '@orrery/contracts';
import { accept, type Decider, type Rejection, reject } from '@orrery/kernel';

type Dismissed = Extract<identity.IdentityEvent, { type: 'AdministratorDismissed' }>;

export type Command =
  /** Of an installation that never had one. */
  | { readonly type: 'AppointFirst'; readonly userId: UserId; readonly at: Instant }
  | { readonly type: 'Appoint'; readonly userId: UserId; readonly at: Instant }
  | { readonly type: 'Dismiss'; readonly userId: UserId; readonly reason: Dismissed['data']['reason']; readonly at: Instant }
  /** Their account is closed or gone, whoever is left. */
  | { readonly type: 'Forget'; readonly userId: UserId; readonly reason: Dismissed['data']['reason']; readonly at: Instant };

export type Event = Extract<identity.IdentityEvent, { type: `Administrator${string}` }>;

export interface State {
  readonly hadSome: boolean;
  readonly people: readonly UserId[];
}

export type Refusal = Rejection<'AlreadySetUp' | 'LastAdministrator', object>;

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, { hadSome, people }) => {
  const { userId, at } = command;
  const isOne = people.includes(userId);
  switch (command.type) {
    case 'AppointFirst':
      return hadSome ? reject('AlreadySetUp', {}) : accept({ type: 'AdministratorAppointed', data: { userId, at } });
    case 'Appoint':
      return isOne ? accept() : accept({ type: 'AdministratorAppointed', data: { userId, at } });
    case 'Dismiss':
      if (!isOne) return accept();
      if (people.length === 1) return reject('LastAdministrator', {});
      return accept({ type: 'AdministratorDismissed', data: { userId, reason: command.reason, at } });
    case 'Forget':
      return isOne ? accept({ type: 'AdministratorDismissed', data: { userId, reason: command.reason, at } }) : accept();
  }
};

const evolve = ({ people }: State, { type, data: { userId } }: Event): State => {
  const others = people.filter((each) => each !== userId);
  return { hadSome: true, people: type === 'AdministratorAppointed' ? [...others, userId] : others };
};

/** Who may do what the operator may. One stream, `administrators`, so that there is one first and always a last. */
export const Administrators: Decider<Command, Event, State, Refusal> = { initial: { hadSome: false, people: [] }, decide, evolve };
