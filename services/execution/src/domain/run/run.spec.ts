import { specify } from '@orrery/testing';
import {
  at,
  attemptLost,
  ended,
  endRequested,
  keptWaiting,
  place,
  placed,
  price,
  reportEnded,
  resources,
  runId,
  started,
  submit,
  submitted,
  workerId,
} from '../../../test/facts.ts';
import { Run } from './run.ts';
import type { RunCommand } from './run-commands.ts';

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
      .when({ ...submit, offers: [{ machineType: 'cpu', resources: null, price }] })
      .thenRejected('MachineTypeNotOffered');
  });

  it('is refused in another pool than that of its machine type', () => {
    const offers = [{ machineType: 'cpu', resources: { ...resources, pool: 'batch' }, price }];
    const wishFor = (pool: string | null) => ({ ...submit, offers, wishes: { ...submit.wishes, pool } });
    given().when(wishFor('quiet')).thenRejected('MachineTypeNotInPool');
    const events = Run.decide(wishFor('batch'), Run.initial);
    expect(events).toMatchObject({ accepted: true });
    expect(Run.decide(wishFor(null), Run.initial)).toMatchObject({ accepted: true });
  });

  it('is refused without a price', () => {
    given()
      .when({ ...submit, offers: [{ machineType: 'cpu', resources, price: null }] })
      .thenRejected('NoPrice');
  });

  it('is refused without credit', () => {
    given()
      .when({ ...submit, hasCredit: false })
      .thenRejected('InsufficientCredits');
  });

  it('is refused for an organization that is suspended or deleted', () => {
    given()
      .when({ ...submit, isClosed: true })
      .thenRejected('OrgSuspended');
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

describe('a run that waits', () => {
  const keepWaiting = { type: 'KeepWaiting', reason: 'no-machine', at: at(3) } as const;

  it('tells why, once for each reason', () => {
    given(submitted()).when(keepWaiting).thenEvents(keptWaiting());
    given(submitted(), keptWaiting()).when(keepWaiting).thenNothing();
    given(submitted(), keptWaiting())
      .when({ ...keepWaiting, reason: 'all-busy' })
      .thenEvents(
        keptWaiting({
          reason: 'all-busy',
          message: 'Every machine that could take it is busy. It asks for cpu: explain says what keeps it, and what would help.',
        }),
      );
  });

  it('tells again when it waits again', () => {
    given(submitted(), keptWaiting(), placed(), attemptLost()).when(keepWaiting).thenEvents(keptWaiting());
  });

  it('does not wait once a machine has it, or it is over', () => {
    given(submitted(), placed()).when(keepWaiting).thenRejected('RunNotPending');
    given(submitted(), keptWaiting(), ended('RunCancelled')).when(keepWaiting).thenRejected('RunNotPending');
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

it('keeps what a bill needs in its end: the price of the machine type that it got', () => {
  const decision = Run.decide(
    reportEnded,
    [submitted({ resources }), placed({ machineType: 'gpu.a100' }), started()].reduce(Run.evolve, Run.initial),
  );
  expect(decision).toMatchObject({
    accepted: true,
    events: [{ data: { runId: runId(), machineType: 'gpu.a100', price, ranMs: 8_000 } }],
  });
});
