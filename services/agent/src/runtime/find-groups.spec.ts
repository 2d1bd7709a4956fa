import { hierarchiesOf } from './find-groups.ts';

const version1 = `31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 /docker/abc /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
35 30 0:31 / /proc rw - proc proc rw`;

describe('The control groups of a machine', () => {
  it('are found by controller where each has a tree of its own', () => {
    const cgroup = '9:name=systemd:/\n4:memory:/docker/abc/x\n2:cpu,cpuacct:/user.slice\n0::/session';
    expect(hierarchiesOf(version1, cgroup)).toEqual([
      { version: 1, controllers: ['cpu', 'cpuacct'], own: '/sys/fs/cgroup/cpu,cpuacct/user.slice' },
      { version: 1, controllers: ['memory'], own: '/sys/fs/cgroup/memory/x' },
      { version: 1, controllers: ['name=systemd'], own: '/sys/fs/cgroup/systemd/' },
      { version: 2, controllers: [], own: '/sys/fs/cgroup/unified/session' },
    ]);
  });

  it('are one tree where the system is new', () => {
    const mountinfo = '30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate';
    expect(hierarchiesOf(mountinfo, '0::/system.slice/orrery-agent.service\n')).toEqual([
      { version: 2, controllers: [], own: '/sys/fs/cgroup/system.slice/orrery-agent.service' },
    ]);
  });

  it('are none where none are mounted', () => {
    expect(hierarchiesOf('', '')).toEqual([]);
  });
});
