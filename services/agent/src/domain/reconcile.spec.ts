import { fold } from '@orrery/kernel';
import { Attempt, type AttemptEvent, type AttemptSpec, type AttemptState } from './attempt.ts';
import { leaseLeftMs } from './lease.ts';
import { backstopSeconds, nextStep } from './limits.ts';
import { fence, keyOf, obey, type Presence, reconcile } from './reconcile.ts';
import { judgeStart } from './start.ts';

const runId = (n: number) => `0199c0de-0000-7000-8000-00000000000${n}` as AttemptSpec['runId'];
const at = '2026-01-01T00:00:00.000Z';
const specOf = (n: number, epoch = 1): AttemptSpec => ({
  runId: runId(n),
  attempt: epoch,
  epoch,
  orgId: '0199c0de-0000-7000-8000-00000000000a' as AttemptSpec['orgId'],
  resources: { cpuMilli: 1_000, memoryMib: 256, gpus: 0 },
  gpuIndexes: [],
  mig: null,
  runtime: 'process',
  program: { language: 'python', code: '', fileName: 'main.py', files: {} },
  timeoutSeconds: 60,
  graceSeconds: 10,
  maxOutputBytes: 1_000,
  leaseExpiresAt: at,
});
const accepted = (spec: AttemptSpec, slot = 0): AttemptEvent => ({
  type: 'AttemptAccepted',
  data: { spec, needsEnv: false, slot, uptimeMs: 1_000, bootId: 'b' },
});
const begun: AttemptEvent = { type: 'AttemptBegun', data: { at, uptimeMs: 1_500, bootId: 'b' } };
const ended: AttemptEvent = { type: 'AttemptEnded', data: { at, ranMs: 1, exitCode: 0, reason: 'exited', message: null, lastSeq: 0 } };
const refused: AttemptEvent = { type: 'AttemptRefused', data: { at, message: '', isRetryable: true } };
const disowned: AttemptEvent = { type: 'AttemptDisowned', data: {} };
const stateOf = (...events: AttemptEvent[]): AttemptState => fold(Attempt, events);

const leaseMs = 60_000;
const now = { uptimeMs: 30_000, bootId: 'b' };
const fresh = { beatSentAt: { uptimeMs: 29_000, bootId: 'b' }, leaseMs };
const stale = { beatSentAt: undefined, leaseMs: 10_000 };

const actionsFor = (state: AttemptState | undefined, presence: Presence | undefined, lease = fresh as typeof fresh | typeof stale) => {
  const key = `${runId(1)}.1`;
  const journal = new Map(state === undefined ? [] : [[key, state]]);
  return reconcile(journal, { found: new Map(presence === undefined ? [] : [[key, presence]]), now, lease }).map((action) => action.do);
};

describe('A lease', () => {
  const acceptedAt = { uptimeMs: 1_000, bootId: 'b' };

  it('runs from the last beat that was accepted', () => {
    expect(leaseLeftMs(fresh, acceptedAt, now)).toBe(59_000);
  });

  it('runs from the acceptance of the attempt where that came later', () => {
    expect(leaseLeftMs({ beatSentAt: undefined, leaseMs }, acceptedAt, now)).toBe(31_000);
    expect(leaseLeftMs(fresh, { uptimeMs: 29_500, bootId: 'b' }, now)).toBe(59_500);
  });

  it('does not outlive the machine', () => {
    expect(leaseLeftMs(fresh, acceptedAt, { uptimeMs: 10, bootId: 'c' })).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('After a start of the agent', () => {
  it('what was accepted is launched, unless it was', () => {
    expect(actionsFor(stateOf(accepted(specOf(1))), undefined)).toEqual(['launch']);
    expect(actionsFor(stateOf(accepted(specOf(1))), 'alive')).toEqual(['attach']);
    expect(actionsFor(stateOf(accepted(specOf(1))), 'over')).toEqual(['attach']);
  });

  it('what ran or owes reports is taken up', () => {
    for (const event of [begun, ended, refused]) expect(actionsFor(stateOf(accepted(specOf(1)), event), 'over')).toEqual(['attach']);
  });

  it('what was given away is killed', () => {
    expect(actionsFor(stateOf(accepted(specOf(1)), disowned), 'alive')).toEqual(['disown']);
  });

  it('what nobody claims is reaped', () => {
    expect(actionsFor(undefined, 'alive')).toEqual(['reap']);
    expect(actionsFor(stateOf(accepted(specOf(1)), disowned, { type: 'AttemptForgotten', data: { epoch: 1, at } }), 'over')).toEqual([
      'reap',
    ]);
    expect(actionsFor(stateOf(), undefined)).toEqual([]);
  });

  it('what has lost its lease is ended first, unless it has ended by itself', () => {
    expect(actionsFor(stateOf(accepted(specOf(1)), begun), 'alive', stale)).toEqual(['end', 'attach']);
    expect(actionsFor(stateOf(accepted(specOf(1))), 'absent', stale)).toEqual(['end', 'launch']);
    expect(actionsFor(stateOf(accepted(specOf(1)), begun), 'over', stale)).toEqual(['attach']);
    expect(actionsFor(stateOf(accepted(specOf(1)), begun, ended), 'alive', stale)).toEqual(['attach']);
  });
});

describe('Between heartbeats', () => {
  const journal = new Map([[`${runId(1)}.1`, stateOf(accepted(specOf(1)), begun)]]);
  const ref = { runId: runId(1), attempt: 1, epoch: 1 };

  it('the platform is obeyed for what is held under the epoch it names', () => {
    const end = { ...ref, mode: 'abort', reason: 'aborted' } as const;
    expect(obey(journal, { kill: [ref], end: [] })).toEqual([{ do: 'disown', key: keyOf(ref) }]);
    expect(obey(journal, { kill: [], end: [end] })).toEqual([{ do: 'end', key: keyOf(ref), mode: 'abort', reason: 'aborted' }]);
    expect(obey(journal, { kill: [ref], end: [end] })).toHaveLength(1);
    expect(
      obey(journal, {
        kill: [
          { ...ref, epoch: 2 },
          { ...ref, attempt: 2 },
        ],
        end: [{ ...end, epoch: 2 }],
      }),
    ).toEqual([]);
  });

  it('what is given away already is not given away again', () => {
    const given = new Map([[keyOf(ref), stateOf(accepted(specOf(1)), disowned)]]);
    expect(obey(given, { kill: [ref], end: [] })).toEqual([]);
  });

  it('what nobody renewed the lease of is killed', () => {
    expect(fence(journal, { found: new Map(), now, lease: fresh })).toEqual([]);
    expect(fence(journal, { found: new Map(), now, lease: stale })).toEqual([
      { do: 'end', key: keyOf(ref), mode: 'abort', reason: 'lease-lost' },
    ]);
  });
});

describe('A start', () => {
  const held = (...entries: [AttemptSpec, ...AttemptEvent[]][]) =>
    new Map(entries.map(([spec, ...events], slot) => [keyOf(spec), stateOf(accepted(spec, slot), ...events)]));

  it('takes the lowest slot that is free', () => {
    const states = held([specOf(1)], [specOf(2)], [specOf(3)]);
    states.delete(keyOf(specOf(2)));
    expect(judgeStart(specOf(4), states, 10)).toEqual({ verdict: 'accept', outdated: [], slot: 1 });
  });

  it('is known where it is held as it is', () => {
    expect(judgeStart(specOf(1), held([specOf(1), begun]), 10)).toEqual({ verdict: 'known' });
  });

  it('of an older epoch, of one that was given away or of one that is forgotten is stale', () => {
    expect(judgeStart(specOf(1, 1), held([specOf(1, 2)]), 10)).toEqual({ verdict: 'stale', epoch: 2 });
    expect(judgeStart(specOf(1), held([specOf(1), disowned]), 10)).toEqual({ verdict: 'stale', epoch: 1 });
    const forgotten: AttemptEvent = { type: 'AttemptForgotten', data: { epoch: 4, at } };
    expect(judgeStart(specOf(1, 3), held([specOf(1, 4), forgotten]), 10)).toEqual({ verdict: 'stale', epoch: 4 });
    expect(judgeStart({ ...specOf(1), epoch: 2 }, held([specOf(1)]), 10)).toEqual({ verdict: 'stale', epoch: 1 });
  });

  it('of a newer epoch puts an end to the older attempts of its run', () => {
    const states = held([specOf(1, 1), begun], [specOf(1, 2), disowned], [specOf(2)]);
    states.set(`${runId(1)}.0`, { status: 'Absent' });
    expect(judgeStart(specOf(1, 3), states, 10)).toEqual({ verdict: 'accept', outdated: [keyOf(specOf(1, 1))], slot: 3 });
  });

  it('is refused by a machine that holds too many', () => {
    expect(judgeStart(specOf(3), held([specOf(1)], [specOf(2)]), 2)).toEqual({ verdict: 'full' });
  });
});

describe('What a living program is due', () => {
  const alive = (...events: AttemptEvent[]) => {
    const state = stateOf(accepted(specOf(1)), ...events);
    if (state.status !== 'Accepted' && state.status !== 'Running') throw new Error(state.status);
    return state;
  };
  const wish = (mode: 'stop' | 'abort'): AttemptEvent => ({ type: 'EndRequested', data: { mode, reason: 'stopped', uptimeMs: 5_000 } });

  it('is nothing until its time is up', () => {
    expect(nextStep(alive(), 99_000)).toEqual({});
    expect(nextStep(alive(begun), 11_500)).toEqual({ dueInMs: 50_000 });
    expect(nextStep(alive(begun), 61_500)).toEqual({ isOverTime: true });
  });

  it('is a request to go, and death after its grace', () => {
    expect(nextStep(alive(begun, wish('stop')), 6_000)).toEqual({ signal: 'SIGTERM', dueInMs: 9_000 });
    expect(nextStep(alive(begun, wish('stop')), 15_000)).toEqual({ signal: 'SIGKILL' });
    expect(nextStep(alive(begun, wish('abort')), 5_000)).toEqual({ signal: 'SIGKILL' });
  });

  it('is the launcher’s business when the agent is away', () => {
    expect(backstopSeconds({ timeoutSeconds: 60, graceSeconds: 10 })).toBe(100);
  });
});
