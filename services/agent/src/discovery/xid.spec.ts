import { gpuFaults } from './gpu-faults.ts';
import { isFatal, xidOf } from './xid.ts';

describe('A line of the kernel', () => {
  it.each([
    ['NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, GPU has fallen off the bus.', '00000000:3b:00.0', 79],
    ['4,1203,98765,-;NVRM: Xid (PCI:0000:AF:00): 48, An uncorrectable double bit error', '00000000:af:00.0', 48],
    ['[ 12.3] NVRM: Xid (PCI:00000001:17:00.1): 13, Graphics Exception', '00000001:17:00.1', 13],
  ])('tells of a fault: %s', (text, busId, xid) => {
    expect(xidOf(text)).toEqual({ busId, xid });
  });

  it.each(['', 'NVRM: loading NVIDIA UNIX Kernel Module', 'NVRM: Xid (PCI:zz): 79', 'usb 1-1: Xid (PCI:0000:3b:00): 79'])(
    'tells of none: %s',
    (text) => {
      expect(xidOf(text)).toBeUndefined();
    },
  );

  it('tells of one that a GPU does not recover from, or of one that is a program’s own', () => {
    expect([79, 48, 95].every((xid) => isFatal({ busId: '', xid }))).toBe(true);
    expect([13, 31, 43, 94].some((xid) => isFatal({ busId: '', xid }))).toBe(false);
  });
});

describe('The faults of a machine', () => {
  const gpu = { uuid: 'GPU', model: 'h100', memoryMib: 81_559 };
  const gpus = [
    { ...gpu, index: 0, busId: '00000000:17:00.0' },
    { ...gpu, index: 1, busId: '00000000:3B:00.0' },
  ];

  it('are those of its GPUs, each from when it was first heard of, for as long as it runs', () => {
    const log = [
      ['NVRM: Xid (PCI:0000:3b:00): 13, mine', 'NVRM: Xid (PCI:0000:3b:00): 79, gone', 'NVRM: Xid (PCI:0000:99:00): 79, other'],
      [],
      ['NVRM: Xid (PCI:0000:3b:00): 79, again'],
    ];
    let now = 0;
    const look = gpuFaults(gpus, { read: () => log.shift() ?? [], now: () => new Date(now).toISOString() });
    const first = new Map([[1, { xid: 79, at: '1970-01-01T00:00:00.000Z' }]]);
    expect(look()).toEqual(first);
    now = 1_000;
    expect(look()).toEqual(first);
    expect(look()).toEqual(first);
  });
});
