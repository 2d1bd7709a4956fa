import { type Instant, inference, type OrgId } from '@orrery/contracts';
import { accept, type Decider, type Rejection, reject } from '@orrery/kernel';

export interface Command {
  readonly type: 'Set';
  readonly orgId: OrgId;
  readonly by: inference.LimitSetter;
  readonly thing: inference.LimitedThing;
  readonly limits: inference.UsageLimits;
  readonly at: Instant;
}

export type Event = Extract<inference.InferenceEvent, { type: 'UsageLimitSet' }>;
export type Refusal = Rejection<'TooManyLimits', { readonly limit: number }>;

/** By who set it and of what. Plain JSON: it is kept in snapshots. */
export type State = Readonly<Record<string, inference.UsageLimits>>;

const bounds: readonly (keyof inference.UsageLimits)[] = inference.UsageLimits.keyof().options;

const keyOf = ({ by, thing }: Pick<Command, 'by' | 'thing'>): string => `${by} ${inference.keyOfThing(thing)}`;

const isSame = (one: inference.UsageLimits, other: inference.UsageLimits): boolean => bounds.every((bound) => one[bound] === other[bound]);

export const isUnbounded = (limits: inference.UsageLimits): boolean => bounds.every((bound) => limits[bound] === null);

/**
 * What an organization may use of models, in all and of each thing in it. Stream `limits-<org id>`: the operator's word and the organization's
 * own, side by side; a limit that bounds nothing is none.
 */
export const Limits: Decider<Command, Event, State, Refusal> = {
  initial: {},
  decide: ({ type: _, ...data }, state) => {
    const before = state[keyOf(data)];
    if (before ? isSame(before, data.limits) : isUnbounded(data.limits)) return accept();
    const limit = inference.mostLimits;
    if (before === undefined && Object.keys(state).length >= limit) return reject('TooManyLimits', { limit });
    return accept<Event>({ type: 'UsageLimitSet', data });
  },
  evolve: (state, { data }) => {
    const key = keyOf(data);
    const { [key]: _, ...others } = state;
    return isUnbounded(data.limits) ? others : { ...others, [key]: data.limits };
  },
};
