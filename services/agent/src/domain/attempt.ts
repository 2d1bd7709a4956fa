import type { execution } from '@orrery/contracts';
import { accept, type Decider, type Rejection, reject } from '@orrery/kernel';

/** What is kept of an attempt: all but what may hold secrets, its environment and the login of its registry, which are nowhere but in memory. */
export type AttemptSpec = Omit<execution.AttemptSpec, 'env' | 'registry'> & { readonly env?: never; readonly registry?: never };
export type Program = NonNullable<AttemptSpec['program']>;
export type AttemptRef = execution.AttemptRef;
export type EndMode = execution.EndMode;
export type EndReason = execution.EndReason;

/** When a program began, on the wall for people and on the machine's uptime for arithmetic. */
export interface Beginning {
  readonly at: string;
  readonly uptimeMs: number;
  /** Uptimes compare only within one boot. */
  readonly bootId: string;
}

export interface EndRequest {
  readonly mode: EndMode;
  readonly reason: EndReason;
  readonly uptimeMs: number;
}

export interface Ending {
  readonly at: string;
  readonly ranMs: number;
  readonly exitCode: number | null;
  readonly reason: EndReason;
  readonly message: string | null;
  readonly lastSeq: number;
}

export interface Refusal {
  readonly at: string;
  readonly message: string;
  readonly isRetryable: boolean;
}

export type ReportKind = execution.AttemptReport['kind'];

/** What the journal holds, one record a line. */
export type AttemptEvent =
  | {
      readonly type: 'AttemptAccepted';
      readonly data: {
        readonly spec: AttemptSpec;
        /** It was given an environment, or a login, without which it must not begin. */
        readonly needsEnv: boolean;
        readonly slot: number;
        readonly uptimeMs: number;
        readonly bootId: string;
      };
    }
  | { readonly type: 'AttemptBegun'; readonly data: Beginning }
  | { readonly type: 'EndRequested'; readonly data: EndRequest }
  | { readonly type: 'AttemptEnded'; readonly data: Ending }
  | { readonly type: 'AttemptRefused'; readonly data: Refusal }
  | { readonly type: 'ReportAnswered'; readonly data: { readonly kind: ReportKind } }
  | { readonly type: 'AttemptDisowned'; readonly data: object }
  | { readonly type: 'AttemptForgotten'; readonly data: { readonly epoch: number; readonly at: string } };

export type AttemptCommand =
  | {
      readonly type: 'Accept';
      readonly spec: execution.AttemptSpec;
      readonly slot: number;
      readonly uptimeMs: number;
      readonly bootId: string;
    }
  | ({ readonly type: 'Begin' } & Beginning)
  | ({ readonly type: 'RequestEnd' } & EndRequest)
  | ({ readonly type: 'Finish' } & Ending)
  | ({ readonly type: 'Refuse' } & Refusal)
  | { readonly type: 'Answer'; readonly kind: ReportKind }
  /** The platform has given the attempt away or does not know it: kill, say nothing, forget. */
  | { readonly type: 'Disown' }
  | { readonly type: 'Forget'; readonly at: string };

/** The part of a spec that is still needed once the program lies on the disk. */
export type Brief = Omit<AttemptSpec, 'program'>;

/** Everything an attempt keeps while the machine holds it. */
interface Held {
  readonly brief: Brief;
  /** Number that no other held attempt of this machine has: its user id and its cgroup follow from it. */
  readonly slot: number;
  readonly accepted: { readonly uptimeMs: number; readonly bootId: string };
}

export type AttemptState =
  | { readonly status: 'Absent' }
  | (Held & { readonly status: 'Accepted'; readonly spec: AttemptSpec; readonly needsEnv: boolean; readonly end?: EndRequest })
  | (Held & { readonly status: 'Running'; readonly begun: Beginning; readonly due: readonly ReportKind[]; readonly end?: EndRequest })
  | (Held & { readonly status: 'Ended'; readonly begun?: Beginning; readonly ending: Ending; readonly due: readonly ReportKind[] })
  | (Held & { readonly status: 'Refused'; readonly refusal: Refusal; readonly due: readonly ReportKind[] })
  | (Held & { readonly status: 'Disowned' })
  | { readonly status: 'Forgotten'; readonly epoch: number; readonly at: string };

export type AttemptRejection = Rejection<'StaleEpoch' | 'AttemptUnknown' | 'StillOwed', { readonly epoch?: number }>;

const briefOf = ({ program: _program, ...brief }: AttemptSpec): Brief => brief;

const heldOf = ({ brief, slot, accepted }: Held): Held => ({ brief, slot, accepted });

/** What the machine holds an attempt with; undefined where it does not. */
export const heldBy = (state: AttemptState): Held | undefined =>
  state.status === 'Absent' || state.status === 'Forgotten' ? undefined : heldOf(state);

const epochOf = (state: Exclude<AttemptState, { status: 'Absent' }>): number =>
  state.status === 'Forgotten' ? state.epoch : state.brief.epoch;

const decideAccept = (command: Extract<AttemptCommand, { type: 'Accept' }>, state: AttemptState) => {
  const {
    spec: { env, registry, ...spec },
    slot,
    uptimeMs,
    bootId,
  } = command;
  const needsEnv = Object.keys(env).length > 0 || registry !== undefined;
  if (state.status === 'Absent') return accept<AttemptEvent>({ type: 'AttemptAccepted', data: { spec, needsEnv, slot, uptimeMs, bootId } });
  const isSame = epochOf(state) === spec.epoch && state.status !== 'Forgotten' && state.status !== 'Disowned';
  return isSame ? accept<AttemptEvent>() : reject('StaleEpoch', { epoch: epochOf(state) });
};

const decideEnd = ({ mode, reason, uptimeMs }: EndRequest, state: AttemptState) => {
  switch (state.status) {
    case 'Absent':
    case 'Forgotten':
      return reject('AttemptUnknown', {});
    case 'Ended':
    case 'Refused':
    case 'Disowned':
      return accept<AttemptEvent>();
    case 'Accepted':
    case 'Running': {
      // The first wish names the reason; only a harder one may follow it.
      const isNew = state.end === undefined || (mode === 'abort' && state.end.mode !== 'abort');
      return isNew ? accept<AttemptEvent>({ type: 'EndRequested', data: { mode, reason, uptimeMs } }) : accept<AttemptEvent>();
    }
  }
};

const isAlive = (state: AttemptState): state is Extract<AttemptState, { status: 'Accepted' | 'Running' }> =>
  state.status === 'Accepted' || state.status === 'Running';

const decideForget = (at: string, state: AttemptState) => {
  const owes = (state.status === 'Ended' || state.status === 'Refused') && state.due.length > 0;
  if (isAlive(state) || owes) return reject('StillOwed', {});
  if (state.status === 'Absent' || state.status === 'Forgotten') return accept<AttemptEvent>();
  return accept<AttemptEvent>({ type: 'AttemptForgotten', data: { epoch: epochOf(state), at } });
};

const decide: Decider<AttemptCommand, AttemptEvent, AttemptState, AttemptRejection>['decide'] = (command, state) => {
  switch (command.type) {
    case 'Accept':
      return decideAccept(command, state);
    case 'Begin': {
      const { at, uptimeMs, bootId } = command;
      return state.status === 'Accepted' ? accept({ type: 'AttemptBegun', data: { at, uptimeMs, bootId } }) : accept();
    }
    case 'RequestEnd':
      return decideEnd(command, state);
    case 'Finish': {
      const { type: _type, ...ending } = command;
      return isAlive(state) ? accept({ type: 'AttemptEnded', data: ending }) : accept();
    }
    case 'Refuse': {
      const { type: _type, ...refusal } = command;
      return state.status === 'Accepted' ? accept({ type: 'AttemptRefused', data: refusal }) : accept();
    }
    case 'Answer':
      return 'due' in state && state.due.includes(command.kind)
        ? accept({ type: 'ReportAnswered', data: { kind: command.kind } })
        : accept();
    case 'Disown':
      return heldBy(state) === undefined || state.status === 'Disowned' ? accept() : accept({ type: 'AttemptDisowned', data: {} });
    case 'Forget':
      return decideForget(command.at, state);
  }
};

const endOf = (state: AttemptState): { readonly end?: EndRequest } => ('end' in state && state.end ? { end: state.end } : {});

const begunOf = (state: AttemptState): { readonly begun?: Beginning } => ('begun' in state && state.begun ? { begun: state.begun } : {});

const dueOf = (state: AttemptState): readonly ReportKind[] => ('due' in state ? state.due : []);

const evolve = (state: AttemptState, event: AttemptEvent): AttemptState => {
  if (event.type === 'AttemptAccepted') {
    const { spec, needsEnv, slot, uptimeMs, bootId } = event.data;
    return { status: 'Accepted', brief: briefOf(spec), slot, accepted: { uptimeMs, bootId }, spec, needsEnv };
  }
  if (event.type === 'AttemptForgotten') return { status: 'Forgotten', ...event.data };
  if (state.status === 'Absent' || state.status === 'Forgotten') return state;
  const held = heldOf(state);
  switch (event.type) {
    case 'AttemptBegun':
      return { ...held, status: 'Running', begun: event.data, due: ['started'], ...endOf(state) };
    case 'EndRequested':
      return isAlive(state) ? { ...state, end: event.data } : state;
    case 'AttemptEnded':
      return { ...held, status: 'Ended', ...begunOf(state), ending: event.data, due: [...dueOf(state), 'ended'] };
    case 'AttemptRefused':
      return { ...held, status: 'Refused', refusal: event.data, due: ['refused'] };
    case 'ReportAnswered':
      return 'due' in state ? { ...state, due: state.due.filter((kind) => kind !== event.data.kind) } : state;
    case 'AttemptDisowned':
      return { ...held, status: 'Disowned' };
  }
};

/** The life of one attempt on one machine, as its journal tells it. */
export const Attempt: Decider<AttemptCommand, AttemptEvent, AttemptState, AttemptRejection> = {
  initial: { status: 'Absent' },
  decide,
  evolve,
};
