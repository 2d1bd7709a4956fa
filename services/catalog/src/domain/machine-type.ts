import type { catalog, Instant } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

export type Command =
  | {
      readonly type: 'Publish';
      readonly name: string;
      readonly description: string;
      readonly resources: catalog.Resources;
      readonly at: Instant;
    }
  | { readonly type: 'Retire'; readonly at: Instant };

export type Event = Extract<catalog.CatalogEvent, { type: 'MachineTypePublished' | 'MachineTypeRetired' }>;

export type State =
  | { readonly status: 'Absent' }
  | { readonly status: 'Offered' | 'Retired'; readonly name: string; readonly description: string; readonly resources: catalog.Resources };

export type Refusal = { readonly code: 'MachineTypeNotFound'; readonly details: object };

/** Whichever fields there are, in whatever order. */
const textOf = (resources: catalog.Resources): string =>
  JSON.stringify(
    Object.entries(resources)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const sameResources = (a: catalog.Resources, b: catalog.Resources): boolean => textOf(a) === textOf(b);

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  switch (command.type) {
    case 'Publish': {
      const { name, description, resources, at } = command;
      const isUnchanged = state.status === 'Offered' && state.description === description && sameResources(state.resources, resources);
      return isUnchanged ? accept() : accept({ type: 'MachineTypePublished', data: { name, description, resources, at } });
    }
    case 'Retire':
      switch (state.status) {
        case 'Absent':
          return reject('MachineTypeNotFound', {});
        case 'Retired':
          return accept();
        case 'Offered':
          return accept({ type: 'MachineTypeRetired', data: { name: state.name, at: command.at } });
      }
  }
};

const evolve = (state: State, event: Event): State => {
  switch (event.type) {
    case 'MachineTypePublished': {
      const { name, description, resources } = event.data;
      return { status: 'Offered', name, description, resources };
    }
    case 'MachineTypeRetired':
      return state.status === 'Absent' ? state : { ...state, status: 'Retired' };
  }
};

/** What can be rented: its name, and what one run of it takes of a worker. Stream `machine-type-<name>`. */
export const MachineType: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
