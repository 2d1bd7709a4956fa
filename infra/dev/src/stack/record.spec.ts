import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOf } from '@orrery/servers';
import type { StackPaths } from './paths.ts';
import { claimStack, eraseRecord, runningStack, writeRecord } from './record.ts';

const where = { postgresUrl: 'p', natsUrl: 'n', redisUrl: 'r', gatewayUrl: 'g' };

describe('the claim of a stack', () => {
  let paths: StackPaths;
  beforeEach(() => {
    const own = mkdtempSync(join(tmpdir(), 'orrery-record-'));
    paths = { checkout: own, name: 'dev', own, data: own, templates: own };
  });
  afterEach(() => rmSync(paths.own, { recursive: true, force: true }));

  const claimedBy = (owner: object): void => writeFileSync(join(paths.own, 'owner.json'), JSON.stringify(owner));

  it('is had by whoever comes first, and again by the same', () => {
    expect(claimStack(paths)).toBeUndefined();
    expect(claimStack(paths)).toBeUndefined();
  });

  it('is refused while another process lives, and names it', () => {
    const parent = identityOf(process.ppid);
    claimedBy(parent ?? {});
    expect(parent).toBeDefined();
    expect(claimStack(paths)).toEqual(parent);
  });

  it('passes on from a dead process, even when a later one has its pid', () => {
    claimedBy({ pid: process.pid, startedAt: 'another start' });
    expect(claimStack(paths)).toBeUndefined();
  });

  it('passes on from a process that died while it wrote', () => {
    writeFileSync(join(paths.own, 'owner.json'), '{"pid": 4');
    expect(claimStack(paths)).toBeUndefined();
  });

  it('tells where a stack is only while its owner lives', () => {
    writeRecord(paths, where);
    expect(runningStack(paths)).toMatchObject(where);
    eraseRecord(paths);
    expect(runningStack(paths)).toBeUndefined();
    writeFileSync(join(paths.own, 'stack.json'), JSON.stringify({ ...where, owner: { pid: process.pid, startedAt: 'another start' } }));
    expect(runningStack(paths)).toBeUndefined();
  });
});
