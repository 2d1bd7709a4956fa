import { type Instant, inference, type OrgId } from '@orrery/contracts';
import { accept, type Decider } from '@orrery/kernel';

type Sections = inference.InferenceSettings;

export interface Command {
  readonly type: 'Set';
  readonly orgId: OrgId;
  /** What is left out stays as it is. */
  readonly sections: { readonly [S in keyof Sections]?: Sections[S] | undefined };
  readonly at: Instant;
}

export type Event = Extract<inference.InferenceEvent, { type: 'InferenceSettingsSet' }>;

/** Only those that are named. */
const named = (sections: Command['sections']): Partial<Sections> =>
  Object.fromEntries(Object.entries(sections).filter(([, section]) => section !== undefined));

/** How an organization has its requests treated. Stream `inference-settings-<org id>`. */
export const Settings: Decider<Command, Event, Sections, never> = {
  initial: inference.usualSettings,
  decide: ({ orgId, sections, at }, state) =>
    accept<Event>({ type: 'InferenceSettingsSet', data: { orgId, settings: { ...state, ...named(sections) }, at } }),
  evolve: (_, { data }) => data.settings,
};
