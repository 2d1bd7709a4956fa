import { catalog } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { specify } from '@orrery/testing';
import fc from 'fast-check';
import { type Command, type Event, Model, namesOf } from './model.ts';

const at = '2026-01-01T00:00:00.000Z';
const modelId = catalog.ModelId.parse('0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01');
const name = 'orrery/tiny-chat';
const register: Command = { type: 'Register', modelId, name, card: { type: 'text', aliases: ['tiny', name] }, at };
const card: catalog.ModelCard = {
  aliases: ['tiny'],
  family: null,
  type: 'text',
  contextLength: null,
  maxOutputTokens: null,
  inputModalities: ['text'],
  outputModalities: ['text'],
  capabilities: [],
  description: '',
  needsGpu: false,
  source: null,
  metadata: {},
};
const registered: Event = { type: 'ModelRegistered', data: { modelId, name, provider: 'orrery', ...card, at } };
const went = (type: 'ModelWentLive' | 'ModelWentOffline' | 'ModelRetired'): Event => ({ type, data: { modelId, name, at } });

const { given } = specify(Model);

describe('a model', () => {
  it('is registered with what is said of it, under its name and others', () => {
    given().when(register).thenEvents(registered);
    given(registered).when(register).thenRejected('ModelNameTaken', {});
  });

  it('keeps what a change does not name', () => {
    const changed = { ...card, capabilities: ['chat' as const], contextLength: 2_048 };
    given(registered)
      .when({ type: 'Change', card: { capabilities: ['chat'], contextLength: 2_048, family: undefined }, at })
      .thenEvents({ type: 'ModelChanged', data: { modelId, name, provider: 'orrery', ...changed, at } });
  });

  it('does not change into what it is', () => {
    const noted: Event = { type: 'ModelChanged', data: { ...registered.data, ...card, provider: 'orrery', metadata: { b: '2', a: '1' } } };
    given(registered).when({ type: 'Change', card: {}, at }).thenNothing();
    given(registered, noted)
      .when({ type: 'Change', card: { aliases: ['tiny'], metadata: { a: '1', b: '2' } }, at })
      .thenNothing();
  });

  it('goes live and offline, each told once', () => {
    given(registered).when({ type: 'SetLive', isLive: false, at }).thenNothing();
    given(registered).when({ type: 'SetLive', isLive: true, at }).thenEvents(went('ModelWentLive'));
    given(registered, went('ModelWentLive')).when({ type: 'SetLive', isLive: true, at }).thenNothing();
    given(registered, went('ModelWentLive')).when({ type: 'SetLive', isLive: false, at }).thenEvents(went('ModelWentOffline'));
  });

  it('stays live while what is said of it changes', () => {
    const changed: Event = { type: 'ModelChanged', data: { modelId, name, provider: 'orrery', ...card, description: 'x', at } };
    given(registered, went('ModelWentLive'), changed).when({ type: 'SetLive', isLive: true, at }).thenNothing();
  });

  it('is retired, and then there is none', () => {
    given(registered).when({ type: 'Retire', at }).thenEvents(went('ModelRetired'));
    for (const command of [
      { type: 'Retire', at },
      { type: 'Change', card: {}, at },
      { type: 'SetLive', isLive: true, at },
    ] as const) {
      given(registered, went('ModelRetired')).when(command).thenRejected('ModelNotFound', {});
    }
  });

  it('has the names that were said last, its own among them, and none when it is gone', () => {
    const aliases = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', name), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(aliases, { maxLength: 5 }), (changes) => {
        let history: readonly Event[] = [registered];
        for (const change of changes) {
          const decision = Model.decide({ type: 'Change', card: { aliases: change }, at }, fold(Model, history));
          if (decision.accepted) history = [...history, ...decision.events];
        }
        const last = changes.at(-1) ?? card.aliases;
        expect(namesOf(fold(Model, history))).toEqual([name, ...last.filter((alias) => alias !== name)]);
        expect(namesOf(fold(Model, [...history, went('ModelRetired')]))).toEqual([]);
      }),
    );
  });
});
