import 'reflect-metadata';
import { type Line, type Measured, measure, type Report } from './measure.ts';
import { nest, orrery, raw } from './rpc-contenders.ts';

const plans = [1, 32, 256].map((inFlight) => ({ inFlight, rounds: 7, windowMs: 700 }));
const micros = (value: number): string => `${value.toFixed(0)} µs`;
const rate = (value: number): string => `${Math.round(value)}/s`;

const linesOf = ([theRaw, nests, ours]: readonly Measured[]): readonly Line[] => {
  if (!theRaw || !nests || !ours) throw new RangeError('a comparison takes three');
  const what = `request, ${ours.inFlight} in flight`;
  const line = (measured: string, own: number, peer: number, show: (value: number) => string): Line => ({
    what: `${what}: ${measured}`,
    ours: show(own),
    peer: show(peer),
    ratio: own / peer,
  });
  const held = (told: Line, goal: number, sign: '≤' | '≥'): Line => {
    const ratio = told.ratio ?? Number.NaN;
    return { ...told, goal: `${sign} ${goal.toFixed(1)} ×`, isMet: sign === '≤' ? ratio <= goal : ratio >= goal };
  };
  return [
    held(line('CPU, both ends, to raw nats', ours.cpuMicros, theRaw.cpuMicros, micros), 2, '≤'),
    held(line('p50, to raw nats', ours.p50Ms * 1_000, theRaw.p50Ms * 1_000, micros), 1.6, '≤'),
    held(line('rate, to Nest ClientProxy', ours.perSecond, nests.perSecond, rate), 1, '≥'),
  ];
};

/** Requests over NATS: the client's own, Nest's, ours. */
export const benchRpc = async (natsUrl: string): Promise<Report> => {
  const contenders = [await raw(natsUrl), await nest(natsUrl), await orrery(natsUrl)];
  try {
    const lines: Line[] = [];
    for (const plan of plans) lines.push(...linesOf(await measure(contenders, plan)));
    return { name: 'bus', lines };
  } finally {
    for (const { close } of contenders) await close();
  }
};
