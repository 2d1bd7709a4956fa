import { specify } from '@orrery/testing';
import { at, facts, tokenId, workerId } from '../../test/facts.ts';
import { Worker, type WorkerCommand, type WorkerEvent } from './worker.ts';

const { given } = specify(Worker);
const hash = 'b'.repeat(64);
const id = workerId();

const expected: WorkerEvent = {
  type: 'JoinTokenCreated',
  data: { tokenId: tokenId(), hash, name: 'rack 1', expiresAt: at(600), at: at(0) },
};
const joined: WorkerEvent = {
  type: 'WorkerJoined',
  data: { workerId: id, tokenId: tokenId(), name: 'rack 1', facts: facts(), at: at(1) },
};
const lost: WorkerEvent = { type: 'WorkerLost', data: { workerId: id, lastSeenAt: at(2), at: at(40) } };
const returned: WorkerEvent = { type: 'WorkerReturned', data: { workerId: id, at: at(50) } };
const cordoned: WorkerEvent = { type: 'WorkerCordoned', data: { workerId: id, by: 'operator', at: at(5) } };

const expectIt: WorkerCommand = { type: 'Expect', tokenId: tokenId(), name: 'rack 1', hash, expiresAt: at(600), at: at(0) };
const join: WorkerCommand = { type: 'Join', workerId: id, hash, facts: facts(), at: at(1) };
const hear: WorkerCommand = { type: 'Hear', workerId: id, facts: undefined, at: at(50) };

const again = { tokenId: tokenId(2), hash: 'd'.repeat(64), expiresAt: at(9_000) };
const expectAgain: WorkerCommand = { type: 'ExpectAgain', workerId: id, ...again, at: at(8_000) };
const expectedAgain: WorkerEvent = { type: 'JoinTokenCreated', data: { ...again, name: 'rack 1', at: at(8_000) } };
const rejoined: WorkerEvent = { type: 'WorkerRejoined', data: { workerId: id, tokenId: again.tokenId, facts: facts(), at: at(8_100) } };
const rejoin: WorkerCommand = { ...join, hash: again.hash, at: at(8_100) };
const remove: WorkerCommand = { type: 'Remove', workerId: id, by: 'operator', at: at(60) };
const removed: WorkerEvent = { type: 'WorkerRemoved', data: { workerId: id, by: 'operator', at: at(60) } };

describe('a machine', () => {
  it('is expected with a token, once', () => {
    given().when(expectIt).thenEvents(expected);
    given(expected).when(expectIt).thenNothing();
  });

  it('is labelled, and stays so where it is labelled the same', () => {
    const traits = { labels: { zone: 'eu' }, pool: 'batch', rack: 'r1', nanosPerHour: null };
    const said = { workerId: id, by: 'operator', at: at(6) };
    const labelled: WorkerEvent = { type: 'WorkerLabelled', data: { ...traits, ...said } };
    given(expected, joined)
      .when({ type: 'Label', traits, ...said })
      .thenEvents(labelled);
    given(expected, joined, labelled)
      .when({ type: 'Label', traits, ...said })
      .thenNothing();
    given(expected)
      .when({ type: 'Label', traits, ...said })
      .thenRejected('WorkerNotFound');
  });

  it('is drained by a moment that is still to come', () => {
    const drain = { type: 'Drain', workerId: id, by: 'operator', at: at(6) } as const;
    given(expected, joined)
      .when({ ...drain, endsAt: at(6) })
      .thenRejected('DrainTooEarly');
    const requested: WorkerEvent = { type: 'WorkerDrainRequested', data: { workerId: id, by: 'operator', endsAt: at(7), at: at(6) } };
    given(expected, joined)
      .when({ ...drain, endsAt: at(7) })
      .thenEvents(requested);
    // The same wish again, when its time has come.
    given(expected, joined, requested)
      .when({ ...drain, endsAt: at(7), at: at(9) })
      .thenNothing();
  });

  it('joins with that token, once', () => {
    given(expected).when(join).thenEvents(joined);
    given(expected, joined).when(join).thenRejected('BadJoinToken');
  });

  it('does not join with another token, a late one, or none that was made', () => {
    given(expected)
      .when({ ...join, hash: 'c'.repeat(64) })
      .thenRejected('BadJoinToken');
    given(expected)
      .when({ ...join, at: at(600) })
      .thenRejected('BadJoinToken');
    given().when(join).thenRejected('BadJoinToken');
  });

  it('joins again with a token that was made for it, once, and stays cordoned', () => {
    given(expected, joined).when(expectAgain).thenEvents(expectedAgain);
    given(expected, joined, expectedAgain).when(rejoin).thenEvents(rejoined);
    given(expected, joined, expectedAgain, rejoined).when(rejoin).thenRejected('BadJoinToken');
    given(expected, joined, expectedAgain)
      .when({ ...rejoin, at: at(9_000) })
      .thenRejected('BadJoinToken');
    given(expected, joined, expectedAgain).when(join).thenRejected('BadJoinToken');
    given(expected, joined, cordoned, expectedAgain, rejoined)
      .when({ type: 'Cordon', workerId: id, by: 'operator', at: at(8_200) })
      .thenNothing();
    given(expected).when(expectAgain).thenRejected('WorkerNotFound');
  });

  it('is removed, once and for good: it is not heard, and does not join again', () => {
    given(expected, joined).when(remove).thenEvents(removed);
    given(expected, joined, removed).when(remove).thenNothing();
    given(expected, joined, removed).when(hear).thenRejected('WorkerNotFound');
    given(expected, joined, removed).when(expectAgain).thenRejected('WorkerNotFound');
    given(expected, joined, expectedAgain, removed).when(rejoin).thenRejected('BadJoinToken');
    given(expected).when(remove).thenEvents(removed);
    given(expected, removed).when(join).thenRejected('BadJoinToken');
    given().when(remove).thenRejected('WorkerNotFound');
  });

  it('is lost in silence and returns when it is heard, each once', () => {
    const lose: WorkerCommand = { type: 'Lose', workerId: id, lastSeenAt: at(2), at: at(40) };
    given(expected, joined).when(lose).thenEvents(lost);
    given(expected, joined, lost).when(lose).thenNothing();
    given(expected, joined, lost).when(hear).thenEvents(returned);
    given(expected, joined, lost, returned).when(hear).thenNothing();
  });

  it('says what it has when that changes', () => {
    const more = facts({ cpuMilli: 8_000 });
    const changed: WorkerEvent = { type: 'WorkerFactsChanged', data: { workerId: id, facts: more, at: at(50) } };
    given(expected, joined)
      .when({ ...hear, facts: facts() })
      .thenNothing();
    given(expected, joined)
      .when({ ...hear, facts: more })
      .thenEvents(changed);
    given(expected, joined, lost)
      .when({ ...hear, facts: more })
      .thenEvents(returned, changed);
    given(expected, joined, changed)
      .when({ ...hear, facts: more })
      .thenNothing();
  });

  it('is cordoned and uncordoned by the operator, each once', () => {
    const cordon: WorkerCommand = { type: 'Cordon', workerId: id, by: 'operator', at: at(5) };
    const uncordon: WorkerCommand = { ...cordon, type: 'Uncordon' };
    given(expected, joined).when(cordon).thenEvents(cordoned);
    given(expected, joined, cordoned).when(cordon).thenNothing();
    given(expected, joined, cordoned)
      .when(uncordon)
      .thenEvents({ type: 'WorkerUncordoned', data: { workerId: id, by: 'operator', at: at(5) } });
    given(expected, joined).when(uncordon).thenNothing();
    const uncordoned: WorkerEvent = { type: 'WorkerUncordoned', data: { workerId: id, by: 'operator', at: at(6) } };
    given(expected, joined, cordoned, uncordoned).when(uncordon).thenNothing();
  });

  it('is told of in any order without harm', () => {
    for (const event of [lost, returned, cordoned, rejoined])
      expect(Worker.evolve({ status: 'Absent' }, event)).toEqual({ status: 'Absent' });
  });

  it('that has not joined is unknown', () => {
    given().when(hear).thenRejected('WorkerNotFound');
    given(expected).when(hear).thenRejected('WorkerNotFound');
  });
});
