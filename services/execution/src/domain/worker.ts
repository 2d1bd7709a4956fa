import { epochOf, type execution, type Instant } from '@orrery/contracts';
import { accept, type Decider, type Decision, type Rejection, reject } from '@orrery/kernel';

export type WorkerEvent = Extract<execution.ExecutionEvent, { readonly type: `Worker${string}` | 'JoinTokenCreated' }>;

/** What a machine shows to join, while nobody has. */
interface Token {
  readonly tokenId: string;
  readonly hash: string;
  readonly expiresAt: Instant;
}

export type WorkerState =
  | { readonly status: 'Absent' }
  /** A token was made for it: whoever shows that token first becomes this worker. */
  | ({ readonly status: 'Expected'; readonly name: string } & Token)
  | Joined
  | { readonly status: 'Removed' };

interface Joined {
  readonly status: 'Joined';
  readonly name: string;
  /** With which it may join again. */
  readonly token: Token | null;
  readonly isLost: boolean;
  readonly isCordoned: boolean;
  /** Until when its work may stay; null: it is not drained. */
  readonly drain: { readonly endsAt: Instant | null } | null;
  readonly facts: execution.WorkerFacts;
  readonly traits: execution.WorkerTraits;
}

/** Of a machine of which nobody has said anything. */
export const noTraits: execution.WorkerTraits = { labels: {}, pool: null, rack: null, nanosPerHour: null };

export type WorkerCommand =
  | ({ readonly type: 'Expect'; readonly name: string; readonly at: Instant } & Token)
  /** It may join again, as the machine that it is. */
  | ({ readonly type: 'ExpectAgain'; readonly workerId: execution.WorkerId; readonly at: Instant } & Token)
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
    }
  | {
      readonly type: 'Label';
      readonly workerId: execution.WorkerId;
      readonly traits: execution.WorkerTraits;
      readonly by: string;
      readonly at: Instant;
    }
  | {
      readonly type: 'Drain';
      readonly workerId: execution.WorkerId;
      readonly endsAt: Instant | null;
      readonly by: string;
      readonly at: Instant;
    }
  /** Nothing it says counts any more; one that is only expected does not join. */
  | { readonly type: 'Remove'; readonly workerId: execution.WorkerId; readonly by: string; readonly at: Instant };

export type WorkerRefusal =
  | Rejection<'BadJoinToken', object>
  | Rejection<'WorkerNotFound', object>
  | Rejection<'DrainTooEarly', { readonly endsAt: Instant }>;
type WorkerDecision = Decision<WorkerEvent, WorkerRefusal>;

const fits = (token: Token | null, { hash, at }: Extract<WorkerCommand, { type: 'Join' }>): token is Token =>
  token !== null && token.hash === hash && epochOf(at) < epochOf(token.expiresAt);

const join = (command: Extract<WorkerCommand, { type: 'Join' }>, state: WorkerState): WorkerDecision => {
  const { workerId, facts, at } = command;
  if (state.status === 'Expected' && fits(state, command))
    return accept({ type: 'WorkerJoined', data: { workerId, tokenId: state.tokenId, name: state.name, facts, at } });
  if (state.status === 'Joined' && fits(state.token, command))
    return accept({ type: 'WorkerRejoined', data: { workerId, tokenId: state.token.tokenId, facts, at } });
  return reject('BadJoinToken', {});
};

/** Both were parsed by the same strict schema, so that equal facts have equal texts. */
const isSame = <T extends execution.WorkerFacts | execution.WorkerTraits>(a: T, b: T): boolean => JSON.stringify(a) === JSON.stringify(b);

const expect = ({ tokenId, hash, expiresAt, at }: Token & { readonly at: Instant }, name: string): WorkerDecision =>
  accept({ type: 'JoinTokenCreated', data: { tokenId, hash, name, expiresAt, at } });

const hear = ({ workerId, facts, at }: Extract<WorkerCommand, { type: 'Hear' }>, state: Joined): WorkerDecision => {
  const returned: readonly WorkerEvent[] = state.isLost ? [{ type: 'WorkerReturned', data: { workerId, at } }] : [];
  if (facts === undefined || isSame(facts, state.facts)) return accept(...returned);
  return accept(...returned, { type: 'WorkerFactsChanged', data: { workerId, facts, at } });
};

const label = ({ workerId, traits, by, at }: Extract<WorkerCommand, { type: 'Label' }>, state: Joined): WorkerDecision =>
  isSame(traits, state.traits) ? accept() : accept({ type: 'WorkerLabelled', data: { workerId, ...traits, by, at } });

const remove = ({ workerId, by, at }: Extract<WorkerCommand, { type: 'Remove' }>, { status }: WorkerState): WorkerDecision => {
  if (status === 'Absent') return reject('WorkerNotFound', {});
  return status === 'Removed' ? accept() : accept({ type: 'WorkerRemoved', data: { workerId, by, at } });
};

/** Cordoned as well; the same wish twice is one. */
const drain = ({ workerId, endsAt, by, at }: Extract<WorkerCommand, { type: 'Drain' }>, state: Joined): WorkerDecision => {
  if (state.drain !== null && state.drain.endsAt === endsAt) return accept();
  if (endsAt !== null && epochOf(endsAt) <= epochOf(at)) return reject('DrainTooEarly', { endsAt });
  return accept({ type: 'WorkerDrainRequested', data: { workerId, by, endsAt, at } });
};

const decide = (command: WorkerCommand, state: WorkerState): WorkerDecision => {
  // The id of a worker is drawn with its token: the same id is the same wish.
  if (command.type === 'Expect') return state.status === 'Absent' ? expect(command, command.name) : accept();
  if (command.type === 'Join') return join(command, state);
  if (command.type === 'Remove') return remove(command, state);
  if (state.status !== 'Joined') return reject('WorkerNotFound', {});
  const { workerId, at } = command;
  switch (command.type) {
    case 'ExpectAgain':
      return expect(command, state.name);
    case 'Hear':
      return hear(command, state);
    case 'Lose':
      return state.isLost ? accept() : accept({ type: 'WorkerLost', data: { workerId, lastSeenAt: command.lastSeenAt, at } });
    case 'Cordon':
      return state.isCordoned ? accept() : accept({ type: 'WorkerCordoned', data: { workerId, by: command.by, at } });
    case 'Label':
      return label(command, state);
    case 'Drain':
      return drain(command, state);
    case 'Uncordon':
      return state.isCordoned ? accept({ type: 'WorkerUncordoned', data: { workerId, by: command.by, at } }) : accept();
  }
};

const evolve = (state: WorkerState, event: WorkerEvent): WorkerState => {
  if (event.type === 'JoinTokenCreated') {
    const { tokenId, name, hash, expiresAt } = event.data;
    if (state.status === 'Joined') return { ...state, token: { tokenId, hash, expiresAt } };
    return { status: 'Expected', tokenId, name, hash, expiresAt };
  }
  if (event.type === 'WorkerJoined') {
    const { name, facts } = event.data;
    return { status: 'Joined', name, token: null, isLost: false, isCordoned: false, drain: null, facts, traits: noTraits };
  }
  if (event.type === 'WorkerRemoved') return { status: 'Removed' };
  return state.status === 'Joined' ? evolveJoined(state, event) : state;
};

type JoinedEvent = Exclude<WorkerEvent, { type: 'JoinTokenCreated' | 'WorkerJoined' | 'WorkerRemoved' }>;

const evolveJoined = (state: Joined, event: JoinedEvent): Joined => {
  switch (event.type) {
    case 'WorkerRejoined':
      return { ...state, token: null, facts: event.data.facts };
    case 'WorkerFactsChanged':
      return { ...state, facts: event.data.facts };
    case 'WorkerLost':
      return { ...state, isLost: true };
    case 'WorkerReturned':
      return { ...state, isLost: false };
    case 'WorkerCordoned':
      return { ...state, isCordoned: true };
    case 'WorkerUncordoned':
      return { ...state, isCordoned: false, drain: null };
    case 'WorkerLabelled': {
      const { labels, pool, rack, nanosPerHour } = event.data;
      return { ...state, traits: { labels, pool, rack, nanosPerHour } };
    }
    case 'WorkerDrainRequested':
      return { ...state, isCordoned: true, drain: { endsAt: event.data.endsAt } };
  }
};

/** One machine: expected with a token, then joined until it is removed, for good. */
export const Worker: Decider<WorkerCommand, WorkerEvent, WorkerState, WorkerRefusal> = { initial: { status: 'Absent' }, decide, evolve };

export const workerStream = (workerId: string): string => `worker-${workerId}`;
