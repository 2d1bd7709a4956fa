import type { execution } from '@orrery/contracts';

/** What is true of whatever waits for that reason, and promises nothing that takes more than the reason to know. */
const reasons: Readonly<Record<execution.WaitingReason, string>> = {
  'no-machine': 'No machine that there is could take it, even with nothing else on it.',
  closed: 'Machines that could take it are there, and take nothing now: cordoned, offline or out of order.',
  group: 'It is to be near to other runs, or apart from them, and no machine that could take it is.',
  'machine-away': 'The machine that it is pinned to is not there, or takes nothing new.',
  quota: 'A limit of its quota does not let it start.',
  'solid-ground':
    'It may be preempted no more, and waits for room that nobody can take back: within its own guarantee, or what nobody is guaranteed.',
  promised: 'There is room, in islands that are promised to others as a whole.',
  'held-for-earlier': 'There is room, and it is kept for other work that waits for it.',
  preempting: 'Other work has been told to make room for it.',
  'all-busy': 'Every machine that could take it is busy.',
  'retry-later': 'Its last attempt could not be started: the next one follows in a moment.',
  preempted: 'It gave its place back, and waits again.',
};

const ofGangs: Partial<Readonly<Record<execution.WaitingReason, string>>> = {
  'no-machine': 'The machines that there are could not take all its members at once, even with nothing else on them.',
  closed: 'Of the machines that could take its members, too few take anything now: the others are cordoned, offline or out of order.',
  group:
    'Its members are to be near to other runs or to each other, or apart from them, and there are too few machines where they would be.',
  'all-busy': 'Its members start together, and the machines that could take them have too little room for all of them at once.',
};

/** Why it waits. Where more of it is known, `explain` says so. */
export const waitingInWords = (reason: execution.WaitingReason, nodes = 1): string =>
  (nodes > 1 ? ofGangs[reason] : undefined) ?? reasons[reason];
