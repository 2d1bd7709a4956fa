import type { execution } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { specify } from '@orrery/testing';
import fc from 'fast-check';
import { Attempt, type AttemptCommand, type AttemptEvent, type AttemptSpec, type AttemptState, heldBy } from './attempt.ts';
import { nextReport } from './reports.ts';

const at = '2026-01-01T00:00:00.000Z';
const spec: execution.AttemptSpec = {
  runId: '0199c0de-0000-7000-8000-000000000001' as AttemptSpec['runId'],
  attempt: 1,
  epoch: 3,
  orgId: '0199c0de-0000-7000-8000-00000000000a' as AttemptSpec['orgId'],
  resources: { cpuMilli: 1_000, memoryMib: 256, gpus: 0 },
  gpuIndexes: [],
  mig: null,
  runtime: 'process',
  program: { language: 'python', code: 'print(1)', fileName: 'main.py', files: {} },
  env: { SECRET: 'x' },
  timeoutSeconds: 60,
  graceSeconds: 10,
  maxOutputBytes: 1_000,
  leaseExpiresAt: at,
};
const accept: AttemptCommand = { type: 'Accept', spec, slot: 0, uptimeMs: 1_000, bootId: 'b' };
const beginning = { at, uptimeMs: 2_000, bootId: 'b' };
const ending = { at, ranMs: 500, exitCode: 0, reason: 'exited', message: null, lastSeq: 4 } as const;
const refusal = { at, message: 'no room', isRetryable: true };

const { env: _env, registry: _registry, ...kept } = spec;
const accepted: Extract<AttemptEvent, { type: 'AttemptAccepted' }> = {
  type: 'AttemptAccepted',
  data: { spec: kept, needsEnv: true, slot: 0, uptimeMs: 1_000, bootId: 'b' },
};
const begun: AttemptEvent = { type: 'AttemptBegun', data: beginning };
const ended: AttemptEvent = { type: 'AttemptEnded', data: ending };
const refused: AttemptEvent = { type: 'AttemptRefused', data: refusal };
const disowned: AttemptEvent = { type: 'AttemptDisowned', data: {} };
const forgotten: AttemptEvent = { type: 'AttemptForgotten', data: { epoch: 3, at } };
const answered = (kind: 'started' | 'ended' | 'refused'): AttemptEvent => ({ type: 'ReportAnswered', data: { kind } });
const wished = (mode: 'stop' | 'abort'): AttemptEvent => ({ type: 'EndRequested', data: { mode, reason: 'stopped', uptimeMs: 3_000 } });

const { given } = specify(Attempt);

describe('An attempt on a machine', () => {
  it('is accepted once', () => {
    given().when(accept).thenEvents(accepted);
    given(accepted).when(accept).thenNothing();
    given(accepted, begun, ended).when(accept).thenNothing();
  });

  it('keeps nothing of its environment but that it has one', () => {
    const events = Attempt.decide(accept, { status: 'Absent' });
    expect(JSON.stringify(events)).not.toContain('SECRET');
    expect(events).toMatchObject({ events: [{ data: { needsEnv: true } }] });
    given()
      .when({ ...accept, spec: { ...spec, env: {} } })
      .thenEvents({ ...accepted, data: { ...accepted.data, needsEnv: false } });
  });

  it('keeps nothing of the login of its registry, and needs it as it needs its environment', () => {
    const registry = { username: 'lab', password: 'hunter2' };
    const events = Attempt.decide({ ...accept, spec: { ...spec, env: {}, registry } }, { status: 'Absent' });
    expect(JSON.stringify(events)).not.toContain('hunter2');
    expect(events).toMatchObject({ events: [{ data: { needsEnv: true } }] });
  });

  it('is stale once it was given away or forgotten, and under any other epoch', () => {
    given(accepted, disowned).when(accept).thenRejected('StaleEpoch', { epoch: 3 });
    given(accepted, begun, ended, answered('started'), answered('ended'), forgotten).when(accept).thenRejected('StaleEpoch', { epoch: 3 });
    given(accepted)
      .when({ ...accept, spec: { ...spec, epoch: 4 } })
      .thenRejected('StaleEpoch', { epoch: 3 });
  });

  it('begins once, and only when it was accepted', () => {
    given(accepted)
      .when({ type: 'Begin', ...beginning })
      .thenEvents(begun);
    given(accepted, begun)
      .when({ type: 'Begin', ...beginning })
      .thenNothing();
    given(accepted, disowned)
      .when({ type: 'Begin', ...beginning })
      .thenNothing();
  });

  it('is wished to end once, or once more and harder', () => {
    const wish = (mode: 'stop' | 'abort'): AttemptCommand => ({ type: 'RequestEnd', mode, reason: 'stopped', uptimeMs: 3_000 });
    given(accepted).when(wish('stop')).thenEvents(wished('stop'));
    given(accepted, begun, wished('stop')).when(wish('stop')).thenNothing();
    given(accepted, begun, wished('stop')).when(wish('abort')).thenEvents(wished('abort'));
    given(accepted, begun, wished('abort')).when(wish('abort')).thenNothing();
    for (const over of [
      [accepted, begun, ended],
      [accepted, refused],
      [accepted, disowned],
    ])
      given(...over)
        .when(wish('abort'))
        .thenNothing();
    given().when(wish('abort')).thenRejected('AttemptUnknown');
    given(accepted, disowned, forgotten).when(wish('abort')).thenRejected('AttemptUnknown');
  });

  it('keeps a wish to end it when it begins after all', () => {
    expect(fold(Attempt, [accepted, wished('stop'), begun])).toMatchObject({ status: 'Running', end: { mode: 'stop' } });
  });

  it('ends once', () => {
    given(accepted, begun)
      .when({ type: 'Finish', ...ending })
      .thenEvents(ended);
    given(accepted)
      .when({ type: 'Finish', ...ending })
      .thenEvents(ended);
    given(accepted, begun, ended)
      .when({ type: 'Finish', ...ending })
      .thenNothing();
  });

  it('is refused only before it begins', () => {
    given(accepted)
      .when({ type: 'Refuse', ...refusal })
      .thenEvents(refused);
    given(accepted, begun)
      .when({ type: 'Refuse', ...refusal })
      .thenNothing();
  });

  it('owes its reports in order until each is answered', () => {
    const due = (...events: AttemptEvent[]) => nextReport(fold(Attempt, events))?.kind;
    expect(due(accepted)).toBeUndefined();
    expect(due(accepted, begun)).toBe('started');
    expect(due(accepted, begun, answered('started'))).toBeUndefined();
    expect(due(accepted, begun, ended)).toBe('started');
    expect(due(accepted, begun, ended, answered('started'))).toBe('ended');
    expect(due(accepted, begun, ended, answered('started'), answered('ended'))).toBeUndefined();
    expect(due(accepted, ended)).toBe('ended');
    expect(due(accepted, refused)).toBe('refused');
    expect(due(accepted, begun, disowned)).toBeUndefined();
  });

  it('takes an answer to what it owes only', () => {
    given(accepted, begun).when({ type: 'Answer', kind: 'started' }).thenEvents(answered('started'));
    given(accepted, begun).when({ type: 'Answer', kind: 'ended' }).thenNothing();
    given().when({ type: 'Answer', kind: 'ended' }).thenNothing();
  });

  it('is given away whatever it does, and once', () => {
    for (const held of [[accepted], [accepted, begun], [accepted, begun, ended], [accepted, refused]]) {
      given(...held)
        .when({ type: 'Disown' })
        .thenEvents(disowned);
    }
    given(accepted, disowned).when({ type: 'Disown' }).thenNothing();
    given().when({ type: 'Disown' }).thenNothing();
  });

  it('is forgotten when it lives no more and owes nothing', () => {
    const forget: AttemptCommand = { type: 'Forget', at };
    for (const owing of [[accepted], [accepted, begun], [accepted, begun, ended], [accepted, refused]]) {
      given(...owing)
        .when(forget)
        .thenRejected('StillOwed');
    }
    given(accepted, disowned).when(forget).thenEvents(forgotten);
    given(accepted, refused, answered('refused')).when(forget).thenEvents(forgotten);
    given(accepted, disowned, forgotten).when(forget).thenNothing();
  });

  it('drops the program and its secrets from memory when it begins', () => {
    expect(JSON.stringify(fold(Attempt, [accepted, begun]))).not.toMatch(/SECRET|print/);
  });

  const mode = fc.constantFrom('stop' as const, 'cancel' as const, 'abort' as const);
  const command: fc.Arbitrary<AttemptCommand> = fc.oneof(
    fc.constant(accept),
    fc.constant<AttemptCommand>({ type: 'Begin', ...beginning }),
    mode.map((value): AttemptCommand => ({ type: 'RequestEnd', mode: value, reason: 'stopped', uptimeMs: 3_000 })),
    fc.constant<AttemptCommand>({ type: 'Finish', ...ending }),
    fc.constant<AttemptCommand>({ type: 'Refuse', ...refusal }),
    fc.constantFrom('started' as const, 'ended' as const, 'refused' as const).map((kind): AttemptCommand => ({ type: 'Answer', kind })),
    fc.constant<AttemptCommand>({ type: 'Disown' }),
    fc.constant<AttemptCommand>({ type: 'Forget', at }),
  );

  /** Every event that a history of commands led to. */
  const journalOf = (commands: readonly AttemptCommand[]): AttemptEvent[] => {
    const events: AttemptEvent[] = [];
    let state: AttemptState = Attempt.initial;
    for (const each of commands) {
      const decision = Attempt.decide(each, state);
      if (!decision.accepted) continue;
      events.push(...decision.events);
      state = fold(Attempt, decision.events, state);
    }
    return events;
  };

  const isLegal = (state: AttemptState): boolean => {
    switch (state.status) {
      case 'Absent':
      case 'Accepted':
      case 'Disowned':
        return true;
      case 'Running':
        return ['', 'started'].includes(state.due.join());
      case 'Ended':
        return (state.begun ? ['started,ended', 'ended', 'started', ''] : ['ended', '']).includes(state.due.join());
      case 'Refused':
        return ['refused', ''].includes(state.due.join());
      case 'Forgotten':
        return state.epoch === spec.epoch;
    }
  };

  it('is in a legal state after any prefix of any journal', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const events = journalOf(commands);
        return events.every((_, index) => isLegal(fold(Attempt, events.slice(0, index + 1))));
      }),
    );
  });

  it('begins, ends and is forgotten at most once, whatever is asked of it', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const events = journalOf(commands);
        const count = (type: AttemptEvent['type']) => events.filter((event) => event.type === type).length;
        return (
          count('AttemptAccepted') <= 1 &&
          count('AttemptBegun') <= 1 &&
          count('AttemptEnded') + count('AttemptRefused') <= 1 &&
          count('AttemptForgotten') <= 1
        );
      }),
    );
  });

  it('never breaks on a journal that no agent wrote', () => {
    const event = fc.constantFrom(accepted, begun, ended, refused, disowned, forgotten, answered('ended'), wished('stop'));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const state = fold(Attempt, events);
        expect(['Absent', 'Forgotten'].includes(state.status)).toBe(heldBy(state) === undefined);
      }),
    );
  });
});
