import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeOpenDirectory, mayReach, unprivilegedUser } from './system-user.ts';

const passwd = 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n';
const postgres = 'postgres:x:102:105:PostgreSQL:/var/lib/postgresql:/bin/bash\n';

describe('the user of a server that refuses root', () => {
  it('is ourselves when we are not root', () => {
    expect(unprivilegedUser(passwd, 1_000)).toBeUndefined();
  });

  it('is postgres when we are root, else nobody', () => {
    expect(unprivilegedUser(passwd + postgres, 0)).toEqual({ name: 'postgres', uid: 102, gid: 105, home: '/var/lib/postgresql' });
    expect(unprivilegedUser(passwd, 0)?.name).toBe('nobody');
    expect(() => unprivilegedUser('root:x:0:0:root:/root:/bin/bash\n', 0)).toThrow('postgres, nobody');
  });
});

describe('a directory for another user', () => {
  const stranger = { name: 'stranger', uid: 54_321, gid: 54_321, home: '/' };
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'orrery-user-'));
    chmodSync(base, 0o755);
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('is out of reach below one that is closed', () => {
    const closed = join(base, 'closed');
    mkdirSync(join(closed, 'inside'), { recursive: true });
    expect(mayReach(stranger, join(closed, 'inside'))).toBe(true);
    chmodSync(closed, 0o700);
    expect(mayReach(stranger, join(closed, 'inside'))).toBe(false);
  });

  it('is open whatever our umask says', () => {
    const before = process.umask(0o077);
    try {
      makeOpenDirectory(join(base, 'open'));
    } finally {
      process.umask(before);
    }
    expect(statSync(join(base, 'open')).mode & 0o777).toBe(0o755);
  });
});
