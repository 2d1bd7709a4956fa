import { UserId } from '@orrery/contracts';
import { BackupCodes } from './backup-codes.ts';

const ada = UserId.parse('0199a000-0000-7000-8000-000000000001');
const grace = UserId.parse('0199a000-0000-7000-8000-000000000002');
const backupCodes = new BackupCodes(Buffer.alloc(32, 1));

describe('backup codes', () => {
  it('are ten, different, of eight characters that nobody mistakes for others', () => {
    const { codes } = backupCodes.issue(ada);
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[2-9A-HJ-NP-Z]{8}$/);
  });

  it('are kept as hashes that tell nothing without the key, and differ from person to person', () => {
    const { codes, hashes } = backupCodes.issue(ada);
    expect(hashes).toEqual(codes.map((code) => backupCodes.hashOf(ada, code)));
    const [code = ''] = codes;
    expect(backupCodes.hashOf(grace, code)).not.toBe(hashes[0]);
    expect(new BackupCodes(Buffer.alloc(32, 2)).hashOf(ada, code)).not.toBe(hashes[0]);
  });
});
