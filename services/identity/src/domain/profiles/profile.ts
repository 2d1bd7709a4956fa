import type { Instant, identity, UserId } from '@orrery/contracts';
import { accept, type Decider } from '@orrery/kernel';

export interface Choose {
  readonly type: 'Choose';
  readonly userId: UserId;
  readonly occupation: identity.Occupation;
  readonly at: Instant;
}
export type Event = Extract<identity.IdentityEvent, { type: 'OccupationChosen' }>;
export type State = identity.Occupation | undefined;

const decide: Decider<Choose, Event, State, never>['decide'] = ({ type: _, ...data }, state) =>
  data.occupation === state ? accept() : accept<Event>({ type: 'OccupationChosen', data });

const evolve = (_: State, { data }: Event): State => data.occupation;

/** What a person says of themselves. Stream `profile-<userId>`. */
export const Profile: Decider<Choose, Event, State, never> = { initial: undefined, decide, evolve };
