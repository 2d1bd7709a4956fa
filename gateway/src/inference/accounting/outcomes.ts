import type { inference } from '@orrery/contracts';

/** How a request ended. */
export type Ending =
  | 'finished'
  | 'client-left'
  | 'upstream-failed'
  | 'connect-timed-out'
  | 'first-byte-timed-out'
  | 'idle-timed-out'
  | 'blocked'
  | 'cache-hit'
  | 'process-killed';

/** How far it had come. The first byte may carry no text yet. */
export type Phase = 'admitted' | 'sent' | 'answering' | 'writing';

/** What the upstream said that it counted. Zero of everything is a count that nobody can have made: something was read at least. */
export type Count = 'none' | 'zero' | 'given';

/**
 * What is charged: `nothing`; the count as it was `counted`; or an estimate, of the `prompt` alone or of the prompt and the text that
 * was `written` so far.
 */
export type Charge = 'nothing' | 'prompt' | 'written' | 'counted';

interface Row {
  readonly ending: Ending;
  readonly phases: readonly Phase[];
  readonly counts: readonly Count[];
  readonly outcome: inference.Outcome;
  readonly charge: Charge;
}

const beforeSent = ['admitted'] as const;
const beforeFirstByte = ['admitted', 'sent'] as const;
const waiting = ['sent'] as const;
const afterFirstByte = ['answering', 'writing'] as const;
const afterSent = ['sent', 'answering', 'writing'] as const;
const everywhere = ['admitted', 'sent', 'answering', 'writing'] as const;
const uncounted = ['none', 'zero'] as const;
const given = ['given'] as const;
const always = ['none', 'zero', 'given'] as const;

/** The rows that an ending has once an answer came: counted where it was counted, estimated where not. */
const charged = (ending: Ending, phases: readonly Phase[], outcome: inference.Outcome): readonly Row[] => [
  { ending, phases, counts: given, outcome, charge: 'counted' },
  { ending, phases, counts: uncounted, outcome, charge: 'written' },
];

/** Every way in which a request can end, once each; `docs/accounting.md` says it in words. */
export const outcomes: readonly Row[] = [
  // An answer of the status alone: it was answered, but by nobody who had read anything.
  { ending: 'finished', phases: beforeSent, counts: always, outcome: 'finished', charge: 'nothing' },
  ...charged('finished', afterSent, 'finished'),
  { ending: 'client-left', phases: beforeSent, counts: always, outcome: 'left-before-it-was-sent', charge: 'nothing' },
  { ending: 'client-left', phases: waiting, counts: uncounted, outcome: 'left-before-the-first-byte', charge: 'prompt' },
  { ending: 'client-left', phases: waiting, counts: given, outcome: 'left-before-the-first-byte', charge: 'counted' },
  ...charged('client-left', afterFirstByte, 'left-while-it-was-answered'),
  { ending: 'upstream-failed', phases: beforeFirstByte, counts: always, outcome: 'failed-before-the-first-byte', charge: 'nothing' },
  ...charged('upstream-failed', afterFirstByte, 'failed-while-it-was-answered'),
  { ending: 'connect-timed-out', phases: everywhere, counts: always, outcome: 'timed-out-connecting', charge: 'nothing' },
  { ending: 'first-byte-timed-out', phases: everywhere, counts: always, outcome: 'timed-out-before-the-first-byte', charge: 'nothing' },
  { ending: 'idle-timed-out', phases: beforeFirstByte, counts: always, outcome: 'timed-out-before-the-first-byte', charge: 'nothing' },
  ...charged('idle-timed-out', afterFirstByte, 'timed-out-while-it-was-answered'),
  { ending: 'blocked', phases: beforeSent, counts: always, outcome: 'blocked-before-it-was-sent', charge: 'nothing' },
  ...charged('blocked', afterSent, 'blocked-after-it-was-answered'),
  { ending: 'cache-hit', phases: everywhere, counts: always, outcome: 'answered-from-the-cache', charge: 'nothing' },
  { ending: 'process-killed', phases: beforeSent, counts: always, outcome: 'lost-with-the-process', charge: 'nothing' },
  ...charged('process-killed', afterSent, 'lost-with-the-process'),
];

const nameOf = (ending: Ending, phase: Phase, count: Count): string => `${ending} ${phase} ${count}`;

/** Each request asks three times. */
const byName: ReadonlyMap<string, Row> = new Map(
  outcomes.flatMap((row) => row.phases.flatMap((phase) => row.counts.map((count) => [nameOf(row.ending, phase, count), row] as const))),
);

/** The one row that says it. */
export const rowOf = (ending: Ending, phase: Phase, count: Count): Pick<Row, 'outcome' | 'charge'> => {
  const row = byName.get(nameOf(ending, phase, count));
  if (row === undefined) throw new RangeError(`no outcome is known for ${ending} when it was ${phase} with usage ${count}`);
  return row;
};
