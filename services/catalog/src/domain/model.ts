import { catalog, type Instant } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

interface Register {
  readonly type: 'Register';
  readonly modelId: catalog.ModelId;
  readonly name: catalog.ModelName;
  readonly card: catalog.ModelCardChange & Pick<catalog.ModelCard, 'type'>;
  readonly at: Instant;
}

export type Command =
  | Register
  /** What is left out stays as it is. */
  | { readonly type: 'Change'; readonly card: catalog.ModelCardChange; readonly at: Instant }
  | { readonly type: 'SetLive'; readonly isLive: boolean; readonly at: Instant }
  | { readonly type: 'Retire'; readonly at: Instant };

type ModelEventType = 'ModelRegistered' | 'ModelChanged' | 'ModelWentLive' | 'ModelWentOffline' | 'ModelRetired';
export type Event = Extract<catalog.CatalogEvent, { type: ModelEventType }>;

export type State =
  | { readonly status: 'Absent' }
  | {
      readonly status: 'Registered';
      readonly modelId: catalog.ModelId;
      readonly name: catalog.ModelName;
      readonly card: catalog.ModelCard;
      readonly isLive: boolean;
    };

export type Refusal = { readonly code: 'ModelNotFound' | 'ModelNameTaken'; readonly details: object };

export const providerOf = (name: catalog.ModelName): catalog.ProviderId => name.slice(0, name.indexOf('/'));

/** What is said is said of every field, in one order, so that two cards can be compared as text. */
const cardOf = (name: catalog.ModelName, card: catalog.ModelCard): catalog.ModelCard => ({
  // Its own name is no other name of it.
  aliases: card.aliases.filter((alias) => alias !== name),
  family: card.family,
  type: card.type,
  contextLength: card.contextLength,
  maxOutputTokens: card.maxOutputTokens,
  inputModalities: card.inputModalities,
  outputModalities: card.outputModalities,
  capabilities: card.capabilities,
  description: card.description,
  needsGpu: card.needsGpu,
  source: card.source && { from: card.source.from, reference: card.source.reference },
  metadata: Object.fromEntries(Object.entries(card.metadata).sort(([a], [b]) => (a < b ? -1 : 1))),
});

/** What is undefined is not said. */
const said = (change: catalog.ModelCardChange): object =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));

const register = ({ modelId, name, card, at }: Register): Event => ({
  type: 'ModelRegistered',
  data: { modelId, name, provider: providerOf(name), ...cardOf(name, { ...catalog.plainModelCard, type: card.type, ...said(card) }), at },
});

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  if (command.type === 'Register') return state.status === 'Absent' ? accept(register(command)) : reject('ModelNameTaken', {});
  if (state.status === 'Absent') return reject('ModelNotFound', {});
  const { modelId, name, isLive } = state;
  const { at } = command;
  switch (command.type) {
    case 'Change': {
      const card = cardOf(name, { ...state.card, ...said(command.card) });
      if (JSON.stringify(card) === JSON.stringify(state.card)) return accept();
      return accept({ type: 'ModelChanged', data: { modelId, name, provider: providerOf(name), ...card, at } });
    }
    case 'SetLive':
      if (isLive === command.isLive) return accept();
      return accept({ type: command.isLive ? 'ModelWentLive' : 'ModelWentOffline', data: { modelId, name, at } });
    case 'Retire':
      return accept({ type: 'ModelRetired', data: { modelId, name, at } });
  }
};

const evolve = (state: State, event: Event): State => {
  switch (event.type) {
    case 'ModelRegistered':
    case 'ModelChanged': {
      const { modelId, name, provider: _, at: _at, ...card } = event.data;
      // As it is stored an object may have its fields in another order.
      return { status: 'Registered', modelId, name, card: cardOf(name, card), isLive: state.status === 'Registered' && state.isLive };
    }
    case 'ModelWentLive':
    case 'ModelWentOffline':
      return state.status === 'Absent' ? state : { ...state, isLive: event.type === 'ModelWentLive' };
    case 'ModelRetired':
      return { status: 'Absent' };
  }
};

/** The names by which a model is found: no two models share one. */
export const namesOf = (state: State): readonly string[] => (state.status === 'Absent' ? [] : [state.name, ...state.card.aliases]);

/** What can be called. Stream `model-<id>`; that a name is one model's is a claim beside the log. */
export const Model: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
