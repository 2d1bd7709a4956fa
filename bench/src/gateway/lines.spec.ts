import { contenderOf } from './contenders.ts';
import { pacedLines, requestLines, streamLines, twoLines } from './lines.ts';
import type { Window } from './windows.ts';
import { scriptOf } from './wrk.ts';

const window = (more: Partial<Window> = {}): Window => ({
  perSecond: 1_000,
  cpuMicros: 100,
  p50: 100,
  p99: 200,
  longestGapMs: 1,
  failed: 0,
  megabytes: 100,
  ...more,
});

const round = {
  direct: window({ p50: 50, p99: 100 }),
  ours: window(),
  nginx: window({ perSecond: 2_000 }),
  portkey: window({ perSecond: 80 }),
};

describe('the table of the benchmark', () => {
  it('holds throughput against both peers, and latency against no gateway at all', () => {
    const [toPortkey, toNginx, cpu, p50] = requestLines(1, round);
    expect(toPortkey).toMatchObject({ ratio: 12.5, isMet: true });
    expect(toNginx).toMatchObject({ ratio: 0.5, isMet: true });
    expect(cpu).toMatchObject({ ours: '100 µs', isMet: true });
    expect(p50).toMatchObject({ ours: '0.05 ms', isMet: true });
  });

  it('shows what is missed', () => {
    const slow = { ...round, ours: window({ perSecond: 100, cpuMicros: 1_000, p50: 5_000 }) };
    expect(requestLines(1, slow).map(({ isMet }) => isMet)).toEqual([false, false, false, false, true]);
    expect(twoLines(window(), window({ perSecond: 1_200 }))).toMatchObject([{ isMet: false }]);
  });

  it('counts a chunk as a part of its stream, and memory where streams are most', () => {
    expect(pacedLines(100, 50, round)[0]).toMatchObject({ ours: '2 µs' });
    expect(streamLines(64, round).some(({ what }) => what.includes('memory'))).toBe(false);
    expect(streamLines(512, round).at(-1)).toMatchObject({ ours: '100 MB', isMet: true });
  });

  it('has the load generator send what every other client would', () => {
    const script = scriptOf(contenderOf({ name: 'Orrery', port: 1, pids: [] }, { headers: { authorization: 'Bearer sk-one' } }));
    expect(script).toContain('rawset(wrk.headers, [==[authorization]==], [==[Bearer sk-one]==])');
    expect(script).toContain('wrk.body = [==[{"model":"bench/fixed"');
  });
});
