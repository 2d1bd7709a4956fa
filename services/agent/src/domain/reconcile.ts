import type { AttemptRef, AttemptState, EndMode, EndReason } from './attempt.ts';
import { type Lease, leaseLeftMs, type Moment } from './lease.ts';

/** Names an attempt on this machine, and its directory. */
export const keyOf = ({ runId, attempt }: Pick<AttemptRef, 'runId' | 'attempt'>): string => `${runId}.${attempt}`;

/** How the machine finds an attempt, whatever the journal thinks of it. */
export type Presence =
  /** Nothing was ever launched. */
  | 'absent'
  /** Its launcher lives. */
  | 'alive'
  /** Its launcher has noted the end, or is gone without a note. */
  | 'over';

export interface Inventory {
  /** Every attempt of the journal and every directory on the disk. */
  readonly found: ReadonlyMap<string, Presence>;
  readonly now: Moment;
  readonly lease: Lease;
}

export interface PlatformAnswer {
  readonly kill: readonly AttemptRef[];
  readonly end: readonly (AttemptRef & { readonly mode: EndMode; readonly reason: EndReason })[];
}

export type Action =
  | { readonly do: 'launch'; readonly key: string }
  /** Watch a program that lives, or note the end of one that does not. */
  | { readonly do: 'attach'; readonly key: string }
  | { readonly do: 'end'; readonly key: string; readonly mode: EndMode; readonly reason: EndReason }
  /** Kill and forget, without a word to the platform. */
  | { readonly do: 'disown'; readonly key: string }
  /** Nobody claims it. */
  | { readonly do: 'reap'; readonly key: string };

/** What is given away already dies as fast as it can. */
const matches = (state: AttemptState, epoch: number): boolean =>
  'brief' in state && state.status !== 'Disowned' && state.brief.epoch === epoch;

const wishesOf = (journal: ReadonlyMap<string, AttemptState>, { kill, end }: PlatformAnswer): Action[] => {
  const held = (ref: AttemptRef): boolean => {
    const state = journal.get(keyOf(ref));
    return state !== undefined && matches(state, ref.epoch);
  };
  const killed = new Set(kill.map(keyOf));
  return [
    ...kill.filter(held).map((ref): Action => ({ do: 'disown', key: keyOf(ref) })),
    ...end
      .filter((wish) => held(wish) && !killed.has(keyOf(wish)))
      .map((wish): Action => ({ do: 'end', key: keyOf(wish), mode: wish.mode, reason: wish.reason })),
  ];
};

const expiredOf = (key: string, state: AttemptState, { lease, now }: Inventory): Action[] => {
  if (state.status !== 'Accepted' && state.status !== 'Running') return [];
  return leaseLeftMs(lease, state.accepted, now) > 0 ? [] : [{ do: 'end', key, mode: 'abort', reason: 'lease-lost' }];
};

const resumeOf = (key: string, state: AttemptState | undefined, inventory: Inventory): Action[] => {
  const presence = inventory.found.get(key) ?? 'absent';
  switch (state?.status) {
    case undefined:
    case 'Absent':
    case 'Forgotten':
      return [{ do: 'reap', key }];
    case 'Disowned':
      return [{ do: 'disown', key }];
    case 'Accepted':
      return [{ do: presence === 'absent' ? 'launch' : 'attach', key }];
    case 'Running':
    case 'Ended':
    case 'Refused':
      return [{ do: 'attach', key }];
  }
};

/** After a start of the agent: what becomes of everything the journal and the machine hold. A lost lease comes before a launch. */
export const reconcile = (journal: ReadonlyMap<string, AttemptState>, inventory: Inventory): Action[] => {
  const held = [...journal].filter(([key, state]) => 'brief' in state || inventory.found.has(key)).map(([key]) => key);
  const actions: Action[] = [];
  for (const key of new Set([...held, ...inventory.found.keys()])) {
    const state = journal.get(key);
    // A program that is over by itself needs no killing, and keeps its own reason.
    const isOver = inventory.found.get(key) === 'over';
    const expired = state === undefined || isOver ? [] : expiredOf(key, state, inventory);
    actions.push(...expired, ...resumeOf(key, state, inventory));
  }
  return actions;
};

/** After a beat that the platform accepted: what it wants dead or ended. */
export const obey = (journal: ReadonlyMap<string, AttemptState>, answer: PlatformAnswer): Action[] => wishesOf(journal, answer);

/** Between beats: what the machine must kill because nobody renewed its lease. */
export const fence = (journal: ReadonlyMap<string, AttemptState>, inventory: Inventory): Action[] =>
  [...journal].flatMap(([key, state]) => expiredOf(key, state, inventory));
