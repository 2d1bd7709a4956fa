import type { Line } from '../measure.ts';
import type { Window } from './windows.ts';

/** Of targets for the gateway: everything governed, in the same run as its peers. */
export const goals = {
  toPortkey: 12,
  toNginx: 0.33,
  cpuMicros: 140,
  addedMicros: { p50: 300, p99: 1_500 },
  streams: { cpuMicros: 720, toPortkey: 3.5, addedP99Micros: 2_000, megabytes: 220 },
  paced: { cpuMicros: 45, addedMicros: { p50: 2_000, p99: 8_000 } },
  twoToOne: 1.7,
} as const;

/** All windows of one size, in one run. */
export interface Round {
  readonly direct: Window;
  readonly ours: Window;
  readonly nginx: Window;
  readonly portkey: Window;
}

const rate = (value: number): string => `${Math.round(value).toLocaleString('en-GB')}/s`;
const micros = (value: number): string => `${Math.round(value).toLocaleString('en-GB')} µs`;
const ms = (value: number): string => `${(value / 1_000).toFixed(2)} ms`;

const atLeast = (what: string, [ours, peer]: readonly [number, number], goal: number, name: string): Line => ({
  what,
  ours: rate(ours),
  peer: `${rate(peer)} ${name}`,
  ratio: ours / peer,
  goal: `≥ ${goal} ×`,
  isMet: ours / peer >= goal,
});

const atMost = (what: string, value: number, goal: number, { text, peer }: { text: (value: number) => string; peer: string }): Line => ({
  what,
  ours: text(value),
  peer,
  goal: `≤ ${text(goal)}`,
  isMet: value <= goal,
});

const cpuOfPeers = ({ nginx, portkey }: Round): string => `${micros(nginx.cpuMicros)} nginx, ${micros(portkey.cpuMicros)} Portkey`;

interface Added {
  readonly of: 'p50' | 'p99';
  readonly goal?: number;
  /** Those that were measured. */
  readonly peers: readonly ('nginx' | 'portkey')[];
}

const namesOf = { nginx: 'nginx', portkey: 'Portkey' } as const;

const added = (what: string, round: Round, { of, goal, peers }: Added): Line => {
  const over = (window: Window): number => window[of] - round.direct[of];
  const others = peers.map((peer) => `${ms(over(round[peer]))} ${namesOf[peer]}`).join(', ');
  const line = { what: `${what}, ${of}`, ours: ms(over(round.ours)), peer: `${others}; ${ms(round.direct[of])} without a gateway` };
  return goal === undefined ? line : { ...line, goal: `≤ ${ms(goal)}`, isMet: over(round.ours) <= goal };
};

const both = { peers: ['nginx', 'portkey'] } as const;
const nginxAlone = { peers: ['nginx'] } as const;

export const requestLines = (connections: number, round: Round): readonly Line[] => {
  const what = `completions, ${connections} at once`;
  const { ours, nginx, portkey } = round;
  const isAlone = connections === 1;
  return [
    atLeast(what, [ours.perSecond, portkey.perSecond], goals.toPortkey, 'Portkey'),
    atLeast(what, [ours.perSecond, nginx.perSecond], goals.toNginx, 'nginx'),
    atMost(`${what}: CPU`, ours.cpuMicros, goals.cpuMicros, { text: micros, peer: cpuOfPeers(round) }),
    added(`${what}: added`, round, { of: 'p50', ...both, ...(isAlone ? { goal: goals.addedMicros.p50 } : {}) }),
    added(`${what}: added`, round, { of: 'p99', ...both, ...(isAlone ? { goal: goals.addedMicros.p99 } : {}) }),
  ];
};

export const streamLines = (streams: number, round: Round): readonly Line[] => {
  const what = `streams of 50 chunks, ${streams} at once`;
  const { ours, nginx, portkey } = round;
  const gaps = `${nginx.longestGapMs.toFixed(0)} ms nginx, ${portkey.longestGapMs.toFixed(0)} ms Portkey`;
  return [
    atLeast(what, [ours.perSecond, portkey.perSecond], goals.streams.toPortkey, 'Portkey'),
    { what, ours: rate(ours.perSecond), peer: `${rate(nginx.perSecond)} nginx`, ratio: ours.perSecond / nginx.perSecond },
    atMost(`${what}: CPU of one`, ours.cpuMicros, goals.streams.cpuMicros, { text: micros, peer: cpuOfPeers(round) }),
    added(`${what}: added to the first byte`, round, { of: 'p50', ...both }),
    added(`${what}: added to the first byte`, round, { of: 'p99', ...both, goal: goals.streams.addedP99Micros }),
    { what: `${what}: longest silence in one`, ours: `${ours.longestGapMs.toFixed(0)} ms`, peer: gaps },
    ...(streams < 512 ? [] : [memory(`${what}: memory`, round)]),
  ];
};

const memory = (what: string, { ours, nginx, portkey }: Round): Line => ({
  what,
  ours: `${ours.megabytes.toFixed(0)} MB`,
  peer: `${nginx.megabytes.toFixed(0)} MB nginx, ${portkey.megabytes.toFixed(0)} MB Portkey`,
  goal: `≤ ${goals.streams.megabytes} MB`,
  isMet: ours.megabytes <= goals.streams.megabytes,
});

export const pacedLines = (streams: number, chunks: number, round: Round): readonly Line[] => {
  const what = `streams, a chunk every 20 ms, ${streams} at once`;
  const each = (window: Window): number => window.cpuMicros / chunks;
  const peer = `${micros(each(round.nginx))} nginx`;
  return [
    atMost(`${what}: CPU of a chunk`, each(round.ours), goals.paced.cpuMicros, { text: micros, peer }),
    added(`${what}: added to the first byte`, round, { of: 'p50', ...nginxAlone, goal: goals.paced.addedMicros.p50 }),
    added(`${what}: added to the first byte`, round, { of: 'p99', ...nginxAlone, goal: goals.paced.addedMicros.p99 }),
  ];
};

export const twoLines = (one: Window, two: Window): readonly Line[] => [
  {
    what: 'two gateway processes against one, 64 at once',
    ours: `${rate(two.perSecond)}, ${micros(two.cpuMicros)}`,
    peer: `${rate(one.perSecond)}, ${micros(one.cpuMicros)} one`,
    ratio: two.perSecond / one.perSecond,
    goal: `≥ ${goals.twoToOne} ×`,
    isMet: two.perSecond / one.perSecond >= goals.twoToOne,
  },
];
