import { execution, type Instant, type OrgId } from '@orrery/contracts';
import { accept, type Decider, type Rejection, reject } from '@orrery/kernel';

export type EnvironmentEvent = Extract<execution.ExecutionEvent, { readonly type: `Variable${string}` | `Environment${string}` }>;

interface Setting {
  /** Its id, where none of this name is there yet. */
  readonly freshId: execution.VariableId;
  readonly name: string;
  readonly isSecret: boolean;
  readonly blocks: number;
}

export type EnvironmentCommand =
  | {
      readonly type: 'Set';
      readonly orgId: OrgId;
      /** The organization is suspended, or will be told to be deleted in a moment. */
      readonly isClosed: boolean;
      /** Each name once. */
      readonly settings: readonly Setting[];
      readonly at: Instant;
    }
  | { readonly type: 'Remove'; readonly orgId: OrgId; readonly variableId: execution.VariableId; readonly at: Instant }
  | { readonly type: 'RemoveAll'; readonly orgId: OrgId; readonly at: Instant }
  /** The organization is deleted: whatever was asked for before and comes after is refused. */
  | { readonly type: 'Close'; readonly orgId: OrgId; readonly at: Instant };

interface Variable {
  readonly name: string;
  readonly blocks: number;
}

export interface EnvironmentState {
  /** By their ids: names are sealed, and those of an organization that was erased are all the same. */
  readonly variables: ReadonlyMap<execution.VariableId, Variable>;
  readonly isClosed: boolean;
}

export type EnvironmentRefusal =
  | Rejection<'OrgSuspended', object>
  | Rejection<'TooManyVariables', { readonly limit: number }>
  | Rejection<'VariablesTooLarge', { readonly limit: number }>
  | Rejection<'VariableNotFound', object>;

export const environmentStream = (orgId: string): string => `environment-${orgId}`;

const isTooMuch = ({ variables }: EnvironmentState): EnvironmentRefusal | undefined => {
  const { mostVariables: limit, mostVariableBlocks, variableBlockBytes } = execution;
  if (variables.size > limit) return { code: 'TooManyVariables', details: { limit } };
  let blocks = 0;
  for (const variable of variables.values()) blocks += variable.blocks;
  return blocks > mostVariableBlocks
    ? { code: 'VariablesTooLarge', details: { limit: mostVariableBlocks * variableBlockBytes } }
    : undefined;
};

const set = ({ orgId, isClosed, settings, at }: Extract<EnvironmentCommand, { type: 'Set' }>, state: EnvironmentState) => {
  if (isClosed || state.isClosed) return reject('OrgSuspended', {});
  const ids = new Map([...state.variables].map(([variableId, { name }]) => [name, variableId]));
  const events = settings.map(({ freshId, name, isSecret, blocks }): EnvironmentEvent => {
    const known = ids.get(name);
    const data = { variableId: known ?? freshId, orgId, name, isSecret, blocks, isNew: known === undefined, at };
    return { type: 'VariableSet', data };
  });
  const rejection = isTooMuch(events.reduce(evolve, state));
  return rejection ? { accepted: false as const, rejection } : accept(...events);
};

const removed = (variableId: execution.VariableId, orgId: OrgId, at: Instant): EnvironmentEvent => ({
  type: 'VariableRemoved',
  data: { variableId, orgId, at },
});

const allRemoved = ({ variables }: EnvironmentState, orgId: OrgId, at: Instant): readonly EnvironmentEvent[] =>
  [...variables.keys()].map((variableId) => removed(variableId, orgId, at));

const decide: Decider<EnvironmentCommand, EnvironmentEvent, EnvironmentState, EnvironmentRefusal>['decide'] = (command, state) => {
  const { orgId, at } = command;
  switch (command.type) {
    case 'Set':
      return set(command, state);
    case 'Remove':
      return state.variables.has(command.variableId) ? accept(removed(command.variableId, orgId, at)) : reject('VariableNotFound', {});
    case 'RemoveAll':
      return accept(...allRemoved(state, orgId, at));
    case 'Close':
      return state.isClosed ? accept() : accept(...allRemoved(state, orgId, at), { type: 'EnvironmentClosed', data: { orgId, at } });
  }
};

const evolve = (state: EnvironmentState, { type, data }: EnvironmentEvent): EnvironmentState => {
  if (type === 'EnvironmentClosed') return { ...state, isClosed: true };
  const variables = new Map(state.variables);
  if (type === 'VariableSet') variables.set(data.variableId, { name: data.name, blocks: data.blocks });
  else variables.delete(data.variableId);
  return { ...state, variables };
};

/** The environment variables of one organization; their values are elsewhere. */
export const Environment: Decider<EnvironmentCommand, EnvironmentEvent, EnvironmentState, EnvironmentRefusal> = {
  initial: { variables: new Map(), isClosed: false },
  decide,
  evolve,
};
