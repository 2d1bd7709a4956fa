import type { inference } from '@orrery/contracts';
import { Upstreams } from './upstreams.ts';

const upstream = (more: Partial<inference.Upstream> = {}): inference.Upstream => ({
  name: 'gpu',
  kind: 'openai',
  alsoSpeaks: [],
  baseUrl: 'http://127.0.0.1:1/v1',
  connectMs: 1_000,
  firstByteMs: 1_000,
  idleMs: 1_000,
  concurrency: 2,
  queue: 1,
  ...more,
});

describe('An upstream that is set again', () => {
  let upstreams: Upstreams;
  beforeEach(() => {
    upstreams = new Upstreams();
  });
  afterEach(() => upstreams.close());

  it('keeps its connections and places where the way there stays the same', () => {
    const before = upstreams.of(upstream(), 0);
    expect(upstreams.of(upstream({ idleMs: 9 }), 1)).toBe(before);
  });

  it('is asked as it is now by who comes now, and as it was by who came then, to and fro', () => {
    const [old, young] = [upstream(), upstream({ concurrency: 9 })];
    const [before, after] = [upstreams.of(old, 0), upstreams.of(young, 1)];
    expect(after).not.toBe(before);
    expect([upstreams.of(old, 2), upstreams.of(young, 3), upstreams.of(old, 4)]).toEqual([before, after, before]);
    expect(upstreams.of(upstream({ concurrency: 9 }), 5)).toBe(after);
    expect(before.pool.closed).toBe(false);
  });

  it('is let go as it was when nobody has asked it so for long', () => {
    const [old, young] = [upstream(), upstream({ concurrency: 9 })];
    const before = upstreams.of(old, 0);
    const after = upstreams.of(young, 600_000);
    upstreams.sweep(600_000);
    expect([before.pool.closed, after.pool.closed]).toEqual([true, false]);
    expect(upstreams.of(old, 600_001).pool.closed).toBe(false);
  });
});
