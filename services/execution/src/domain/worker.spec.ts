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

describe('a machine', () => {
  it('is expected with a token, once', () => {
    given().when(expectIt).thenEvents(expected);
    given(expected).when(expectIt).thenNothing();
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
    for (const event of [lost, returned, cordoned]) expect(Worker.evolve({ status: 'Absent' }, event)).toEqual({ status: 'Absent' });
  });

  it('that has not joined is unknown', () => {
    given().when(hear).thenRejected('WorkerNotFound');
    given(expected).when(hear).thenRejected('WorkerNotFound');
  });
});
