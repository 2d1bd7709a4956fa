import { accept, type Decider, reject } from '@orrery/kernel';
import { specify } from './specify.ts';

type Command = { readonly type: 'Open' } | { readonly type: 'Close'; readonly by: string };
type Event = { readonly type: 'Opened'; readonly data: object } | { readonly type: 'Closed'; readonly data: { readonly by: string } };
type Refusal = { readonly code: 'NeverOpened'; readonly details: { readonly by: string } };

const Door: Decider<Command, Event, 'new' | 'open' | 'closed', Refusal> = {
  initial: 'new',
  decide: (command, state) => {
    if (command.type === 'Open') return state === 'open' ? accept() : accept({ type: 'Opened', data: {} });
    return state === 'new' ? reject('NeverOpened', { by: command.by }) : accept({ type: 'Closed', data: { by: command.by } });
  },
  evolve: (_state, event) => (event.type === 'Opened' ? 'open' : 'closed'),
};

const { given } = specify(Door);
const opened: Event = { type: 'Opened', data: {} };

describe('specify', () => {
  it('compares the events of an accepted command', () => {
    given(opened)
      .when({ type: 'Close', by: 'ada' })
      .thenEvents({ type: 'Closed', data: { by: 'ada' } });
  });

  it('tells a wish already granted from a new fact', () => {
    given(opened).when({ type: 'Open' }).thenNothing();
    expect(() => given().when({ type: 'Open' }).thenNothing()).toThrow();
  });

  it('compares the code and the details of a refusal', () => {
    const refused = given().when({ type: 'Close', by: 'ada' });
    refused.thenRejected('NeverOpened');
    refused.thenRejected('NeverOpened', { by: 'ada' });
    expect(() => refused.thenRejected('NeverOpened', { by: 'bob' })).toThrow();
  });

  it('says why events were expected in vain', () => {
    expect(() => given().when({ type: 'Close', by: 'ada' }).thenEvents(opened)).toThrow('Close was rejected: NeverOpened {"by":"ada"}');
    expect(() => given(opened).when({ type: 'Open' }).thenRejected('NeverOpened')).toThrow('Open was accepted: []');
  });
});
