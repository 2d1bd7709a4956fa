import type { catalog, Instant } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

export type Command =
  | {
      readonly type: 'Register';
      readonly provider: catalog.ProviderId;
      readonly name: string;
      readonly description: string;
      readonly at: Instant;
    }
  /** `models`: how many of the catalog are from it. */
  | { readonly type: 'Retire'; readonly models: number; readonly at: Instant };

export type Event = Extract<catalog.CatalogEvent, { type: 'ProviderRegistered' | 'ProviderChanged' | 'ProviderRetired' }>;

export type State =
  | { readonly status: 'Absent' }
  | { readonly status: 'Registered'; readonly provider: catalog.ProviderId; readonly name: string; readonly description: string };

export type Refusal =
  | { readonly code: 'ProviderNotFound'; readonly details: object }
  | { readonly code: 'ProviderHasModels'; readonly details: { readonly models: number } };

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  switch (command.type) {
    case 'Register': {
      const { type: _, ...data } = command;
      if (state.status === 'Absent') return accept({ type: 'ProviderRegistered', data });
      const isUnchanged = state.name === command.name && state.description === command.description;
      return isUnchanged ? accept() : accept({ type: 'ProviderChanged', data });
    }
    case 'Retire': {
      const { models, at } = command;
      if (state.status === 'Absent') return reject('ProviderNotFound', {});
      if (models > 0) return reject('ProviderHasModels', { models });
      return accept({ type: 'ProviderRetired', data: { provider: state.provider, at } });
    }
  }
};

const evolve = (_: State, event: Event): State => {
  switch (event.type) {
    case 'ProviderRegistered':
    case 'ProviderChanged': {
      const { at: _at, ...card } = event.data;
      return { status: 'Registered', ...card };
    }
    case 'ProviderRetired':
      return { status: 'Absent' };
  }
};

/** Who models are from. Stream `provider-<id>`, so that an id is one provider's. */
export const Provider: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
