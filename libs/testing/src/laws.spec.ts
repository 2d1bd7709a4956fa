import { accept, type Decider, type Event, type Rejection, reject } from '@orrery/kernel';
import fc from 'fast-check';
import { lawsOf } from './laws.ts';

type Command = { readonly type: 'Open' } | { readonly type: 'Close' };
type Fact = Event<'Opened', { readonly times: number }> | Event<'Closed', object>;
interface State {
  readonly open: boolean;
  readonly times: number;
}

const Door: Decider<Command, Fact, State, Rejection<'NotOpen', object>> = {
  initial: { open: false, times: 0 },
  decide: (command, state) => {
    if (command.type === 'Open') return state.open ? accept() : accept({ type: 'Opened', data: { times: state.times + 1 } });
    return state.open ? accept({ type: 'Closed', data: {} }) : reject('NotOpen', {});
  },
  evolve: (state, event) => (event.type === 'Opened' ? { open: true, times: event.data.times } : { ...state, open: false }),
};

const commands: fc.Arbitrary<Command> = fc.constantFrom({ type: 'Open' } as const, { type: 'Close' } as const);

const broken = (part: Partial<typeof Door>): readonly string[] =>
  lawsOf({ ...Door, ...part }, commands).flatMap(({ name, check }) => {
    try {
      check();
      return [];
    } catch {
      return [name];
    }
  });

describe('the laws of deciders', () => {
  it.each(lawsOf(Door, commands))('are kept by one that $name', ({ check }) => check());

  it('catch one that throws, and one that changes what it was given', () => {
    const throwing: typeof Door.evolve = (state, event) => {
      if (event.type === 'Closed') throw new Error('never checks, never fails');
      return Door.evolve(state, event);
    };
    expect(broken({ evolve: throwing })).toContain('decides and evolves whatever history led here, and touches nothing it was given');
    const touching: typeof Door.evolve = (state) => Object.assign(state, { open: true });
    expect(broken({ evolve: touching })).toContain('decides and evolves whatever history led here, and touches nothing it was given');
  });

  it('catch one that remembers', () => {
    let turn = 0;
    const moody: typeof Door.decide = (command, state) => {
      turn += 1;
      return turn % 2 === 0 ? reject('NotOpen', {}) : Door.decide(command, state);
    };
    expect(broken({ decide: moody })).toContain('decides the same on the same state');
  });

  it('catch one whose facts do not survive being written down', () => {
    const vague: typeof Door.decide = () => accept({ type: 'Opened', data: { times: Number.NaN } });
    expect(broken({ decide: vague })).toContain('records plain JSON');
  });

  it('catch one that records a repeated wish again, unless it may', () => {
    const eager: typeof Door.decide = (_command, state) => accept({ type: 'Opened', data: { times: state.times + 1 } });
    expect(broken({ decide: eager })).toEqual(['grants or refuses a repeated command without a new event']);
    for (const { check } of lawsOf({ ...Door, decide: eager }, commands, { isRepeatable: () => true })) check();
  });
});
