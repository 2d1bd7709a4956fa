import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Groups, version1, version2 } from './groups.ts';

const limits = { memoryBytes: 64 << 20, cpuMilli: 1_500, processes: 100 };

describe('The control groups of attempts', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'orrery-groups-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const text = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
  const put = (value: string, ...path: string[]) => writeFileSync(join(root, ...path), value);

  it('bound and measure in the words of version 2', () => {
    const groups = new Groups(version2(root, ['memory', 'cpu', 'pids']));
    mkdirSync(join(root, 'a'));
    put('max', 'a', 'memory.swap.max');
    expect(groups.create('a', limits)).toEqual([join(root, 'a', 'cgroup.procs')]);
    expect(text('a', 'memory.max')).toBe(String(64 << 20));
    expect(text('a', 'memory.swap.max')).toBe('0');
    expect(text('a', 'cpu.max')).toBe('150000 100000');
    expect(text('a', 'pids.max')).toBe('100');
    put('5000000\n', 'a', 'memory.current');
    put('anon 1\ninactive_file 1000000\n', 'a', 'memory.stat');
    put('usage_usec 2500000\nuser_usec 1\n', 'a', 'cpu.stat');
    put('low 0\noom 2\noom_kill 3\n', 'a', 'memory.events');
    put('11\n12\n', 'a', 'cgroup.procs');
    expect(groups.usage('a')).toEqual({ memoryBytes: 4_000_000, cpuMs: 2_500 });
    expect(groups.oomKills('a')).toBe(3);
    expect(groups.members('a')).toEqual([11, 12]);
    expect(groups.keys()).toEqual(['a']);
    expect(groups.controllers).toEqual(['memory', 'cpu', 'pids']);
  });

  it('bound and measure in the words of version 1, each controller in its own tree', () => {
    const trees = { memory: join(root, 'memory'), cpu: join(root, 'cpu'), pids: join(root, 'pids') };
    for (const tree of Object.values(trees)) mkdirSync(tree);
    const groups = new Groups(version1(trees, join(root, 'cpuacct')), [join(root, 'cpuacct')]);
    expect(groups.create('a', limits)).toHaveLength(4);
    expect(text('memory', 'a', 'memory.limit_in_bytes')).toBe(String(64 << 20));
    expect(text('cpu', 'a', 'cpu.cfs_quota_us')).toBe('150000');
    expect(text('pids', 'a', 'pids.max')).toBe('100');
    put('3000000\n', 'memory', 'a', 'memory.usage_in_bytes');
    put('total_inactive_file 1000000\n', 'memory', 'a', 'memory.stat');
    put('oom_kill_disable 0\nunder_oom 0\noom_kill 1\n', 'memory', 'a', 'memory.oom_control');
    put('7000000000\n', 'cpuacct', 'a', 'cpuacct.usage');
    expect(groups.usage('a')).toEqual({ memoryBytes: 2_000_000, cpuMs: 7_000 });
    expect(groups.oomKills('a')).toBe(1);
  });

  it('are unknown where they were never made, and gone where they are gone', () => {
    const groups = new Groups(version2(root, ['memory']));
    expect(groups.usage('a')).toBeUndefined();
    expect(groups.oomKills('a')).toBe(0);
    expect(groups.members('a')).toEqual([]);
    expect(groups.remove('a')).toBe(true);
    mkdirSync(join(root, 'busy', 'child'), { recursive: true });
    expect(groups.remove('busy')).toBe(false);
    expect(new Groups(version2(join(root, 'nowhere'), ['memory'])).keys()).toEqual([]);
  });
});
