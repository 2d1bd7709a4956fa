import { specify } from '@orrery/testing';
import {
  at,
  attemptLost,
  ended,
  endRequested,
  lose,
  placed,
  preempted,
  reportEnded,
  reportRefused,
  reportStarted,
  runId,
  started,
  submitted,
  workerId,
} from '../../../test/facts.ts';
import { Run } from './run.ts';
import type { RunCommand } from './run-commands.ts';
import { maxAttempts } from './run-end.ts';

const { given } = specify(Run);
const neverRan = { startedAt: null, ranMs: 0, exitCode: null, lastSeq: 0 };

describe('the end of a run', () => {
  it.each([
    [{ reason: 'exited', exitCode: 3 }, 'The program ended with exit code 3.'],
    [{ reason: 'aborted', exitCode: 137 }, 'The run was aborted on request.'],
    [{ reason: 'time-limit', exitCode: null, message: 'after 3 s' }, 'after 3 s'],
    [{ reason: 'exited', exitCode: 0 }, null],
  ] as const)('is told in words where it did not complete: %j', (end, message) => {
    const state = [submitted(), placed(), started()].reduce(Run.evolve, Run.initial);
    expect(Run.decide({ ...reportEnded, ...end }, state)).toMatchObject({ accepted: true, events: [{ data: { message } }] });
  });
});

describe('the reports of a machine', () => {
  it('start the run, once', () => {
    given(submitted(), placed()).when(reportStarted).thenEvents(started());
    given(submitted(), placed(), started()).when(reportStarted).thenNothing();
  });

  it('end the run, once', () => {
    given(submitted(), placed(), started()).when(reportEnded).thenEvents(ended('RunCompleted'));
    given(submitted(), placed(), started(), ended('RunCompleted')).when(reportEnded).thenNothing();
  });

  it('tell of the start by telling of the end, when the end is heard first', () => {
    given(submitted(), placed()).when(reportEnded).thenEvents(started(), ended('RunCompleted'));
    given(submitted(), placed(), started(), ended('RunCompleted')).when(reportStarted).thenNothing();
  });

  it('tell of no start where the program was ended before it could begin', () => {
    given(submitted(), placed(), endRequested())
      .when({ ...reportEnded, reason: 'stopped', ranMs: 0, exitCode: null, lastSeq: 0 })
      .thenEvents(ended('RunCompleted', { reason: 'stopped', ...neverRan }));
  });

  it('count only from the machine that holds the attempt', () => {
    given(submitted(), placed(), started())
      .when({ ...reportEnded, workerId: workerId(2) })
      .thenRejected('StaleEpoch', { epoch: 1 });
  });

  it('cannot bill more time than passed since the placement', () => {
    given(submitted(), placed(), started())
      .when({ ...reportEnded, ranMs: 999_000 })
      .thenEvents(ended('RunCompleted', { ranMs: 10_000 }));
  });

  it('cannot lie outside the time between placement and report', () => {
    given(submitted(), placed())
      .when({ ...reportStarted, at: at(-100) })
      .thenEvents(started({ startedAt: at(1) }));
    given(submitted(), placed(), started())
      .when({ ...reportEnded, at: at(500) })
      .thenEvents(ended('RunCompleted', { endedAt: at(11) }));
  });

  it.each([
    ['RunCompleted', { reason: 'exited', exitCode: 0 }],
    ['RunFailed', { reason: 'exited', exitCode: 3 }],
    ['RunFailed', { reason: 'signalled', exitCode: 139 }],
    ['RunFailed', { reason: 'time-limit', exitCode: null }],
    ['RunFailed', { reason: 'memory-limit', exitCode: 137 }],
    ['RunFailed', { reason: 'output-limit', exitCode: null }],
    ['RunFailed', { reason: 'credit-exhausted', exitCode: null }],
    ['RunCompleted', { reason: 'stopped', exitCode: 143 }],
    ['RunAborted', { reason: 'aborted', exitCode: 137 }],
  ] as const)('mean %s for %j', (type, end) => {
    given(submitted(), placed(), started())
      .when({ ...reportEnded, ...end })
      .thenEvents(ended(type, end));
  });

  it.each(['lease-lost', 'worker-lost', 'start-failed'] as const)(
    'count as a lost attempt when the machine failed the run: %s',
    (reason) => {
      given(submitted(), placed(), started())
        .when({ ...reportEnded, reason })
        .thenEvents(attemptLost({ reason, at: at(11) }));
    },
  );

  it('are refused when they name an epoch that is over', () => {
    const history = [submitted(), placed(), attemptLost(), placed({ attempt: 2, epoch: 2 })] as const;
    for (const late of [reportStarted, reportEnded, reportRefused, lose]) {
      given(...history)
        .when(late)
        .thenRejected('StaleEpoch', { epoch: 2 });
      given(submitted(), placed(), attemptLost()).when(late).thenRejected('StaleEpoch', { epoch: 1 });
    }
  });

  it('are refused for a run that ended without its machine, unless they tell of an end', () => {
    const abandoned = [submitted(), placed(), started(), endRequested(), attemptLost(), ended('RunCompleted')] as const;
    given(...abandoned)
      .when(reportStarted)
      .thenRejected('StaleEpoch', { epoch: 1 });
    given(...abandoned)
      .when(reportEnded)
      .thenNothing();
  });

  it('are refused for a run that never was', () => {
    given().when(reportStarted).thenRejected('RunNotFound');
  });
});

describe('an attempt that is lost', () => {
  it('leaves the run waiting for another one', () => {
    given(submitted(), placed(), started()).when(lose).thenEvents(attemptLost());
  });

  it(`fails the run when it was number ${maxAttempts}, and bills nothing`, () => {
    const number = { attempt: 3, epoch: 3 };
    const second = { attempt: 2, epoch: 2 };
    given(submitted(), placed(), attemptLost(), placed(second), attemptLost(second), placed(number), started(number))
      .when({ ...lose, ...number, message: 'gone' })
      .thenEvents(
        attemptLost({ ...number, message: 'gone' }),
        ended('RunSystemFailed', { ...neverRan, attempt: 3, startedAt: at(2), endedAt: at(62), reason: 'lease-lost', message: 'gone' }),
      );
  });

  it('was refused by its machine for a passing reason', () => {
    given(submitted(), placed())
      .when(reportRefused)
      .thenEvents(attemptLost({ reason: 'start-failed', message: 'no room', at: at(3) }));
  });

  it('fails the run at once when its machine says that trying again is useless', () => {
    given(submitted(), placed())
      .when({ ...reportRefused, isRetryable: false })
      .thenEvents(
        attemptLost({ reason: 'start-failed', message: 'no room', at: at(3) }),
        ended('RunSystemFailed', { ...neverRan, endedAt: at(3), reason: 'start-failed', message: 'no room' }),
      );
  });

  it('grants the wish of a run that was asked to end', () => {
    given(submitted(), placed(), started(), endRequested({ mode: 'abort', reason: 'aborted' }))
      .when(lose)
      .thenEvents(attemptLost(), ended('RunAborted', { ...neverRan, startedAt: at(2), endedAt: at(62), reason: 'aborted' }));
  });
});

describe('a run that gives its place back', () => {
  const preempt: RunCommand = { type: 'Preempt', by: runId(2), reason: 'reclaim', at: at(4) };
  const reportPreempted = { ...reportEnded, reason: 'preempted', exitCode: null } as const;
  const lostTo = (data = {}) => attemptLost({ reason: 'preempted', at: at(11), ...data });

  it('is told once, while it has a machine', () => {
    given(submitted(), placed()).when(preempt).thenEvents(preempted());
    given(submitted(), placed(), started()).when(preempt).thenEvents(preempted());
    given(submitted(), placed(), started(), preempted()).when(preempt).thenNothing();
    given(submitted()).when(preempt).thenRejected('RunNotPlaced');
    given(submitted(), placed(), ended('RunCompleted')).when(preempt).thenRejected('RunNotPlaced');
  });

  it('waits again when its machine has ended it for that', () => {
    given(submitted(), placed(), started(), preempted()).when(reportPreempted).thenEvents(lostTo());
  });

  it('waits again when it was never begun, or its machine is lost meanwhile', () => {
    given(submitted(), placed(), preempted())
      .when(reportRefused)
      .thenEvents(lostTo({ message: 'no room', at: at(3) }));
    given(submitted(), placed(), started(), preempted())
      .when(lose)
      .thenEvents(lostTo({ at: at(62) }));
  });

  it('has not failed by that, however often', () => {
    const times = [1, 2, 3, 4].map((n) => ({ attempt: n, epoch: n }));
    const history = times.flatMap((n) => [placed(n), started(n), preempted(n), lostTo(n)]);
    const fifth = { attempt: 5, epoch: 5 };
    given(submitted(), ...history, placed(fifth), started(fifth))
      .when({ ...lose, ...fifth })
      .thenEvents(attemptLost(fifth));
  });

  it('is completed where its program ended by itself before', () => {
    given(submitted(), placed(), started(), preempted())
      .when(reportEnded)
      .thenEvents(ended('RunCompleted', { endedAt: at(10) }));
  });

  it('ends as its owner wished meanwhile', () => {
    const wish: RunCommand = { type: 'RequestEnd', mode: 'cancel', by: 'user:ada', at: at(5) };
    const requested = endRequested({ mode: 'cancel' });
    given(submitted(), placed(), started(), preempted()).when(wish).thenEvents(requested);
    given(submitted(), placed(), started(), preempted(), requested)
      .when(reportPreempted)
      .thenEvents(ended('RunCancelled', { reason: 'stopped', exitCode: null }));
  });

  it('is not asked to where somebody asked it to end already', () => {
    given(submitted(), placed(), started(), endRequested()).when(preempt).thenNothing();
  });

  it('is not believed where nobody asked it to', () => {
    given(submitted(), placed(), started())
      .when(reportPreempted)
      .thenEvents(attemptLost({ reason: 'worker-lost', at: at(11) }));
  });
});
