import { execution } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import fc from 'fast-check';
import {
  at,
  attemptLost,
  ended,
  endRequested,
  keptWaiting,
  lose,
  place,
  placed,
  reportEnded,
  reportRefused,
  reportStarted,
  started,
  submit,
  submitted,
} from '../../../test/facts.ts';
import { Run } from './run.ts';
import type { RunCommand } from './run-commands.ts';
import { maxAttempts } from './run-end.ts';
import type { RunEvent } from './run-facts.ts';
import type { RunState } from './run-state.ts';

const epochs = fc.integer({ min: 1, max: 4 }).map((epoch) => ({ attempt: epoch, epoch }));
const reasons = fc.constantFrom(...execution.EndReason.options);
const modes = fc.constantFrom(...execution.EndMode.options);

/** Any command at any time: what a confused platform and lying machines could send. */
const commands: fc.Arbitrary<RunCommand> = fc.oneof(
  fc.constant(submit),
  fc.constant(place),
  epochs.map((ref) => ({ ...reportStarted, ...ref })),
  fc
    .record({ ref: epochs, reason: reasons, exitCode: fc.constantFrom(null, 0, 1) })
    .map(({ ref, ...end }) => ({ ...reportEnded, ...ref, ...end })),
  fc.record({ ref: epochs, isRetryable: fc.boolean() }).map(({ ref, isRetryable }) => ({ ...reportRefused, ...ref, isRetryable })),
  epochs.map((ref) => ({ ...lose, ...ref })),
  modes.map((mode): RunCommand => ({ type: 'RequestEnd', mode, by: 'user:ada', at: at(5) })),
  fc.constantFrom(...execution.WaitingReason.options).map((reason): RunCommand => ({ type: 'KeepWaiting', reason, at: at(3) })),
  fc.constant<RunCommand>({ type: 'GiveUp', message: 'no machine', at: at(9) }),
);

const live = (story: readonly RunCommand[]): readonly RunEvent[] => {
  const history: RunEvent[] = [];
  for (const command of story) {
    const decision = Run.decide(command, fold(Run, history));
    if (decision.accepted) history.push(...decision.events);
  }
  return history;
};

const endTypes: readonly string[] = execution.runEndTypes;
const endsOf = (history: readonly RunEvent[]): readonly RunEvent[] => history.filter(({ type }) => endTypes.includes(type));
const stories = fc.array(commands, { maxLength: 30 }).map((story) => [submit, ...story]);

const epochOf = (state: RunState): number => ('epoch' in state ? state.epoch : 0);

describe('whatever is asked of a run, and in whatever order', () => {
  it('its history folds, satisfies its contracts and says nothing after its end', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const history = live(story);
        for (const { type, data } of history) execution.ExecutionEvents[type].schema.parse(data);
        const ends = endsOf(history);
        expect(ends.length).toBeLessThanOrEqual(1);
        if (ends.length === 1) expect(history.at(-1)).toBe(ends[0]);
      }),
    );
  });

  it('it is attempted a bounded number of times, each with a greater epoch', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const placements = live(story).flatMap((event) => (event.type === 'RunPlaced' ? [event.data] : []));
        expect(placements.length).toBeLessThanOrEqual(maxAttempts);
        expect(placements.map(({ epoch }) => epoch)).toEqual(placements.map((_, index) => index + 1));
      }),
    );
  });

  it('asking it to end ends it as soon as its attempt ends or is lost', () => {
    fc.assert(
      fc.property(stories, modes, fc.boolean(), (story, mode, isLost) => {
        const history = live([...story, { type: 'RequestEnd', mode, by: 'user:ada', at: at(5) }]);
        const state = fold(Run, history);
        if (state.status === 'Ended') return;
        expect(['Starting', 'Running']).toContain(state.status);
        const epoch = epochOf(state);
        const last = isLost ? lose : reportEnded;
        const decision = Run.decide({ ...last, attempt: epoch, epoch }, state);
        expect(decision.accepted && endsOf(decision.events)).toHaveLength(1);
      }),
    );
  });

  it('a report of an old epoch never changes it', () => {
    fc.assert(
      fc.property(stories, commands, (story, command) => {
        if (!('epoch' in command)) return;
        const state = fold(Run, live(story));
        if (command.epoch >= epochOf(state)) return;
        expect(Run.decide(command, state)).toEqual({
          accepted: false,
          rejection: { code: 'StaleEpoch', details: { epoch: epochOf(state) } },
        });
      }),
    );
  });

  it('the same command again changes nothing more', () => {
    fc.assert(
      fc.property(stories, commands, (story, command) => {
        const history = live([...story, command]);
        const again = Run.decide(command, fold(Run, history));
        if (
          command.type === 'RequestEnd' ||
          command.type === 'Submit' ||
          command.type === 'KeepWaiting' ||
          command.type === 'ReportStarted' ||
          command.type === 'ReportEnded'
        )
          expect(again.accepted ? again.events : []).toEqual([]);
      }),
    );
  });

  it('time that no machine confirmed is never billed', () => {
    fc.assert(
      fc.property(stories, (story) => {
        for (const event of live(story)) if (event.type === 'RunSystemFailed') expect(event.data.ranMs).toBe(0);
      }),
    );
  });

  it('facts that could never have been in this order fold all the same', () => {
    const facts = fc.constantFrom<RunEvent>(
      submitted(),
      keptWaiting(),
      placed(),
      started(),
      endRequested(),
      attemptLost(),
      ...execution.runEndTypes.map((type) => ended(type)),
    );
    fc.assert(fc.property(fc.array(facts), (history) => expect(fold(Run, history)).toHaveProperty('status')));
  });

  it('its log is small: at most 16 events at the very worst, beside what its owner was told while it waited', () => {
    const told = (history: readonly RunEvent[]) => history.filter(({ type }) => type !== 'RunKeptWaiting');
    fc.assert(fc.property(stories, (story) => expect(told(live(story)).length).toBeLessThanOrEqual(16)));
  });
});
