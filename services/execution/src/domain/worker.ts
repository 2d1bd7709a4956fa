import { epochOf, type execution, type Instant } from '@orrery/contracts';
import { accept, type Decider, type Decision, type Rejection, reject } from '@orrery/kernel';

export type WorkerEvent = Extract<execution.ExecutionEvent, { readonly type: `Worker${string}` | 'JoinTokenCreated' }>;

export type WorkerState =
  | { readonly status: 'Absent' }
  /** A token was made for it: whoever shows that token first becomes this worker. */
  | { readonly status: 'Expected'; readonly tokenId: string; readonly name: string; readonly hash: string; readonly expiresAt: Instant }
  | Joined;

interface Joined {
  readonly status: 'Joined';
  readonly isLost: boolean;
  readonly isCordoned: boolean;
  readonly facts: execution.WorkerFacts;
}

export type WorkerCommand =
  | {
      readonly type: 'Expect';
      readonly tokenId: string;
      readonly name: string;
      readonly hash: string;
      readonly expiresAt: Instant;
      readonly at: Instant;
    }
  | {
      readonly type: 'Join';
      readonly workerId: execution.WorkerId;
      readonly hash: string;
      readonly facts: execution.WorkerFacts;
      readonly at: Instant;
    }
  /** It was heard, and perhaps says what it has now. */
  | {
      readonly type: 'Hear';
      readonly workerId: execution.WorkerId;
      readonly facts: execution.WorkerFacts | undefined;
      readonly at: Instant;
    }
  | { readonly type: 'Lose'; readonly workerId: execution.WorkerId; readonly lastSeenAt: Instant; readonly at: Instant }
  | {
      readonly type: 'Cordon' | 'Uncordon';
      readonly workerId: execution.WorkerId;
      readonly by: string;
      readonly at: Instant;
    };

export type WorkerRefusal = Rejection<'BadJoinToken', object> | Rejection<'WorkerNotFound', object>;
type WorkerDecision = Decision<WorkerEvent, WorkerRefusal>;

const join = (command: Extract<WorkerCommand, { type: 'Join' }>, state: WorkerState): WorkerDecision => {
  const { workerId, hash, facts, at } = command;
  if (state.status !== 'Expected' || state.hash !== hash || epochOf(at) >= epochOf(state.expiresAt)) return reject('BadJoinToken', {});
  return accept({ type: 'WorkerJoined', data: { workerId, tokenId: state.tokenId, name: state.name, facts, at } });
};

/** Both were parsed by the same strict schema, so that equal facts have equal texts. */
const isSame = (a: execution.WorkerFacts, b: execution.WorkerFacts): boolean => JSON.stringify(a) === JSON.stringify(b);

const expect = (command: Extract<WorkerCommand, { type: 'Expect' }>): WorkerDecision => {
  const { tokenId, hash, name, expiresAt, at } = command;
  return accept({ type: 'JoinTokenCreated', data: { tokenId, hash, name, expiresAt, at } });
};

const hear = ({ workerId, facts, at }: Extract<WorkerCommand, { type: 'Hear' }>, state: Joined): WorkerDecision => {
  const returned: readonly WorkerEvent[] = state.isLost ? [{ type: 'WorkerReturned', data: { workerId, at } }] : [];
  if (facts === undefined || isSame(facts, state.facts)) return accept(...returned);
  return accept(...returned, { type: 'WorkerFactsChanged', data: { workerId, facts, at } });
};

const decide = (command: WorkerCommand, state: WorkerState): WorkerDecision => {
  // The id of a worker is drawn with its token: the same id is the same wish.
  if (command.type === 'Expect') return state.status === 'Absent' ? expect(command) : accept();
  if (command.type === 'Join') return join(command, state);
  if (state.status !== 'Joined') return reject('WorkerNotFound', {});
  const { workerId, at } = command;
  switch (command.type) {
    case 'Hear':
      return hear(command, state);
    case 'Lose':
      return state.isLost ? accept() : accept({ type: 'WorkerLost', data: { workerId, lastSeenAt: command.lastSeenAt, at } });
    case 'Cordon':
      return state.isCordoned ? accept() : accept({ type: 'WorkerCordoned', data: { workerId, by: command.by, at } });
    case 'Uncordon':
      return state.isCordoned ? accept({ type: 'WorkerUncordoned', data: { workerId, by: command.by, at } }) : accept();
  }
};

const evolve = (state: WorkerState, event: WorkerEvent): WorkerState => {
  if (event.type === 'JoinTokenCreated') {
    const { tokenId, name, hash, expiresAt } = event.data;
    return { status: 'Expected', tokenId, name, hash, expiresAt };
  }
  if (event.type === 'WorkerJoined') return { status: 'Joined', isLost: false, isCordoned: false, facts: event.data.facts };
  if (state.status !== 'Joined') return state;
  switch (event.type) {
    case 'WorkerFactsChanged':
      return { ...state, facts: event.data.facts };
    case 'WorkerLost':
      return { ...state, isLost: true };
    case 'WorkerReturned':
      return { ...state, isLost: false };
    case 'WorkerCordoned':
      return { ...state, isCordoned: true };
    case 'WorkerUncordoned':
      return { ...state, isCordoned: false };
  }
};

/** One machine: expected with a token, then joined, for good. */
export const Worker: Decider<WorkerCommand, WorkerEvent, WorkerState, WorkerRefusal> = { initial: { status: 'Absent' }, decide, evolve };

export const workerStream = (workerId: string): string => `worker-${workerId}`;
