import type { AttemptSpec } from '../domain/attempt.ts';
import { containerOptions, environmentOf, type Outfit, type Policy } from './container-options.ts';

const spec: AttemptSpec = {
  runId: '0199c0de-0000-7000-8000-000000000001' as AttemptSpec['runId'],
  attempt: 1,
  epoch: 1,
  orgId: '0199c0de-0000-7000-8000-00000000000a' as AttemptSpec['orgId'],
  resources: { cpuMilli: 1_500, memoryMib: 512, gpus: 0 },
  gpuIndexes: [],
  mig: null,
  runtime: 'docker',
  image: { reference: 'ghcr.io/lab/tool:1' },
  timeoutSeconds: 60,
  graceSeconds: 10,
  maxOutputBytes: 8 * 1024 * 1024,
  leaseExpiresAt: '2026-01-01T00:00:00.000Z',
};
const policy: Policy = { maxProcesses: 256, runtime: undefined, hasInit: true, diskMib: undefined, hasEgress: false };
const outfit: Outfit = { labels: { 'orrery.attempt': 'a.1' }, imageId: 'sha256:1', network: 'net', gpus: [], weights: [], volumes: [] };
const hostOf = (changes: { spec?: Partial<AttemptSpec>; policy?: Partial<Policy>; outfit?: Partial<Outfit> } = {}) =>
  containerOptions({ ...spec, ...changes.spec }, { ...policy, ...changes.policy }, { ...outfit, ...changes.outfit }).HostConfig;

describe('What the engine is told to make of an attempt', () => {
  it('has no capability, can gain none, and keeps the list of denied system calls that the engine brings', () => {
    const host = hostOf();
    expect(host).toMatchObject({ CapDrop: ['ALL'], Privileged: false, IpcMode: 'private', SecurityOpt: ['no-new-privileges:true'] });
    expect(host?.CapAdd).toBeUndefined();
    expect(JSON.stringify(host)).not.toContain('unconfined');
  });

  it('is bounded in memory without swap, in processors and in processes', () => {
    const memory = 512 * 1024 * 1024;
    expect(hostOf()).toMatchObject({ Memory: memory, MemorySwap: memory, NanoCpus: 1_500_000_000, PidsLimit: 256 });
  });

  it('writes to its own memory alone, unless the storage driver holds it to a bound', () => {
    expect(hostOf()).toMatchObject({ ReadonlyRootfs: true, Tmpfs: { '/tmp': expect.stringContaining('size=268435456') } });
    expect(hostOf()?.StorageOpt).toBeUndefined();
    expect(hostOf({ policy: { diskMib: 2_048 } })).toMatchObject({ ReadonlyRootfs: false, StorageOpt: { size: '2048M' } });
  });

  it('has memory where its image wants a volume on the disk of the machine', () => {
    expect(hostOf({ outfit: { volumes: ['/data', '/tmp'] } })?.Mounts).toMatchObject([{ Type: 'tmpfs', Target: '/data' }]);
  });

  it('sees the GPUs that it was given, by their indexes or as the slice of one, and otherwise none', () => {
    expect(hostOf()?.DeviceRequests).toBeUndefined();
    expect(hostOf({ outfit: { gpus: ['1', '3'] } })?.DeviceRequests).toEqual([
      { Driver: 'nvidia', DeviceIDs: ['1', '3'], Capabilities: [['gpu']] },
    ]);
    expect(hostOf({ outfit: { gpus: ['MIG-5'] } })?.DeviceRequests).toMatchObject([{ DeviceIDs: ['MIG-5'] }]);
  });

  it('sees no other GPUs, whatever it is given or its image says', () => {
    const seenWith = (gpus: readonly string[]) =>
      environmentOf(containerOptions(spec, policy, { ...outfit, gpus }), { NVIDIA_VISIBLE_DEVICES: 'all', A: '1' });
    expect(seenWith([])).toEqual(['NVIDIA_VISIBLE_DEVICES=void', 'A=1']);
    expect(seenWith(['1', '3'])).toEqual(['NVIDIA_VISIBLE_DEVICES=1,3', 'A=1']);
  });

  it('runs in the runtime that the operator wants, with weights that it can only read', () => {
    expect(hostOf()?.Runtime).toBeUndefined();
    const host = hostOf({ policy: { runtime: 'runsc' }, outfit: { weights: ['/srv/weights/tiny'] } });
    expect(host).toMatchObject({ Runtime: 'runsc', Binds: ['/srv/weights/tiny:/weights/tiny:ro'] });
  });

  it('asks the name server of the machine only where it has a way out', () => {
    expect(hostOf()?.Dns).toEqual(['127.0.0.1']);
    expect(hostOf({ policy: { hasEgress: true } })?.Dns).toBeUndefined();
  });

  it('ends with its program, and is seen to end: nothing starts it again or takes it away', () => {
    expect(hostOf()).toMatchObject({ RestartPolicy: { Name: 'no' }, AutoRemove: false, Init: true });
  });

  it('keeps a log of bytes that holds more than may be shipped, and no more than a bound', () => {
    expect(hostOf()?.LogConfig).toMatchObject({ Type: 'local', Config: { 'max-size': '96m', 'max-file': '2' } });
  });

  it('names the command only where one was asked for, and holds no environment', () => {
    expect(containerOptions(spec, policy, outfit)).not.toHaveProperty('Cmd');
    const options = containerOptions({ ...spec, image: { reference: 'x', command: ['echo', 'hi'] } }, policy, outfit);
    expect(options).toMatchObject({ Image: 'sha256:1', Cmd: ['echo', 'hi'] });
    expect(options).not.toHaveProperty('Env');
  });

  it('cannot be made of an attempt without an image', () => {
    const { image: _image, ...nameless } = spec;
    expect(() => containerOptions(nameless, policy, outfit)).toThrow('names none');
  });
});
