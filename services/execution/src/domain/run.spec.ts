import { specify } from '@orrery/testing';
import {
  at,
  attemptLost,
  ended,
  endRequested,
  lose,
  place,
  placed,
  price,
  reportEnded,
  reportRefused,
  reportStarted,
  resources,
  runId,
  started,
  submit,
  submitted,
  workerId,
} from '../../test/facts.ts';
import { Run, type RunCommand } from './run.ts';
import { maxAttempts } from './run-end.ts';

const { given } = specify(Run);
const requestEnd = (mode: 'stop' | 'cancel' | 'abort'): RunCommand => ({ type: 'RequestEnd', mode, by: 'user:ada', at: at(5) });
const neverRan = { startedAt: null, ranMs: 0, exitCode: null, lastSeq: 0 };

describe('submitting a run', () => {
  it('is accepted with the price and the resources of its machine type', () => {
    given().when(submit).thenEvents(submitted());
  });

  it('is one wish however often it is repeated', () => {
    given(submitted()).when(submit).thenNothing();
  });

  it('is refused for a machine type that nobody offers', () => {
    given()
      .when({ ...submit, resources: null })
      .thenRejected('MachineTypeNotOffered', { machineType: 'cpu' });
  });

  it('is refused without a price', () => {
    given()
      .when({ ...submit, price: null })
      .thenRejected('NoPrice', { machineType: 'cpu' });
  });

  it('is refused without credit', () => {
    given()
      .when({ ...submit, hasCredit: false })
      .thenRejected('InsufficientCredits');
  });

  it('is refused for a program that is too large', () => {
    const program = { ...submit.program, bytes: 1_001 };
    given()
      .when({ ...submit, program })
      .thenRejected('ProgramTooLarge', { bytes: 1_001, maxBytes: 1_000 });
  });
});

describe('placing a run', () => {
  it('opens the first attempt with a lease', () => {
    given(submitted()).when(place).thenEvents(placed());
  });

  it('opens the next attempt with a greater epoch after the first was lost', () => {
    const second = { ...place, workerId: workerId(2), at: at(63) };
    given(submitted(), placed(), attemptLost())
      .when(second)
      .thenEvents(placed({ attempt: 2, epoch: 2, workerId: workerId(2), at: at(63), leaseExpiresAt: at(123) }));
  });

  it('is refused while an attempt holds the run, and after its end', () => {
    given(submitted(), placed()).when(place).thenRejected('RunNotPending');
    given(submitted(), placed(), ended('RunCompleted')).when(place).thenRejected('RunNotPending');
    given().when(place).thenRejected('RunNotFound');
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
    given(submitted(), placed(number), started(number))
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

describe('asking a run to end', () => {
  const ends = [
    ['stop', 'RunCompleted', 'stopped'],
    ['cancel', 'RunCancelled', 'stopped'],
    ['abort', 'RunAborted', 'aborted'],
  ] as const;

  it.each(ends)('by %s ends a waiting one at once as %s', (mode, type, reason) => {
    given(submitted())
      .when(requestEnd(mode))
      .thenEvents(endRequested({ mode, reason }), ended(type, { ...neverRan, attempt: 0, endedAt: at(5), reason }));
  });

  it.each(ends)('by %s ends a running one as %s when its machine has done it', (mode, type, reason) => {
    given(submitted(), placed(), started()).when(requestEnd(mode)).thenEvents(endRequested({ mode, reason }));
    given(submitted(), placed(), started(), endRequested({ mode, reason }))
      .when({ ...reportEnded, reason: 'signalled', exitCode: 143 })
      .thenEvents(ended(type, { reason, exitCode: 143 }));
  });

  it('keeps the reason for which it was asked', () => {
    given(submitted(), placed(), started())
      .when({ type: 'RequestEnd', mode: 'stop', by: 'service:billing', reason: 'credit-exhausted', at: at(5) })
      .thenEvents(endRequested({ by: 'service:billing', reason: 'credit-exhausted' }));
  });

  it('does not rename an end that came by itself', () => {
    given(submitted(), placed(), started(), endRequested({ mode: 'abort', reason: 'aborted' }))
      .when(reportEnded)
      .thenEvents(ended('RunCompleted'));
  });

  it('again changes nothing, unless it is harsher', () => {
    const stopping = [submitted(), placed(), endRequested({ mode: 'cancel' })] as const;
    given(...stopping)
      .when(requestEnd('stop'))
      .thenNothing();
    given(...stopping)
      .when(requestEnd('cancel'))
      .thenNothing();
    given(...stopping)
      .when(requestEnd('abort'))
      .thenEvents(endRequested({ mode: 'abort', reason: 'aborted' }));
  });

  it('is granted already when it has ended', () => {
    given(submitted(), placed(), started(), ended('RunFailed')).when(requestEnd('abort')).thenNothing();
  });

  it('is refused when it never was', () => {
    given().when(requestEnd('stop')).thenRejected('RunNotFound');
  });
});

describe('a run that nobody can run', () => {
  it('fails when it has waited long enough', () => {
    given(submitted())
      .when({ type: 'GiveUp', message: 'no machine', at: at(9) })
      .thenEvents(
        ended('RunSystemFailed', { ...neverRan, attempt: 0, endedAt: at(9), reason: 'no-fitting-worker', message: 'no machine' }),
      );
  });

  it('is not given up while a machine has it', () => {
    given(submitted(), placed())
      .when({ type: 'GiveUp', message: 'no machine', at: at(9) })
      .thenRejected('RunNotPending');
  });
});

it('keeps what a bill needs in its end', () => {
  const decision = Run.decide(
    reportEnded,
    [submitted({ machineType: 'gpu.a100', resources }), placed(), started()].reduce(Run.evolve, Run.initial),
  );
  expect(decision).toMatchObject({
    accepted: true,
    events: [{ data: { runId: runId(), machineType: 'gpu.a100', price, ranMs: 8_000 } }],
  });
});
