import { completed, leftOutBy, missingEntries } from './lock-file.ts';

const tool = {
  version: '1.0.0',
  dev: true,
  optionalDependencies: { '@tool/cli-linux-x64-musl': '1.0.0', '@tool/cli-darwin-arm64': '1.0.0' },
};

describe('a lock file', () => {
  it('lacks the platforms that the registry did not have when it was written', () => {
    const packages = { '': {}, 'node_modules/tool': tool, 'node_modules/@tool/cli-darwin-arm64': { version: '1.0.0' } };
    expect(missingEntries({ packages })).toEqual({
      'node_modules/@tool/cli-linux-x64-musl': { version: '1.0.0', os: ['linux'], cpu: ['x64'], libc: ['musl'], optional: true, dev: true },
    });
  });

  it('lacks nothing once completed, in the order of npm', () => {
    const lock = completed({ lockfileVersion: 3, packages: { '': {}, 'node_modules/tool': tool } });
    expect(missingEntries(lock)).toEqual({});
    expect(Object.keys(lock.packages)).toEqual([
      '',
      'node_modules/@tool/cli-darwin-arm64',
      'node_modules/@tool/cli-linux-x64-musl',
      'node_modules/tool',
    ]);
    expect(lock.lockfileVersion).toBe(3);
  });

  it('knows a package that lies below the one that wants it', () => {
    const packages = { 'node_modules/a/node_modules/tool': tool, 'node_modules/a/node_modules/@tool/cli-linux-x64-musl': {} };
    expect(Object.keys(missingEntries({ packages }))).toEqual(['node_modules/@tool/cli-darwin-arm64']);
  });

  it('may lack what package.json leaves out', () => {
    const overrides = { tool: { '@tool/cli-darwin-arm64': '0.0.0-left-out' }, other: '1.2.3' };
    const leftOut = leftOutBy({ overrides });
    expect(leftOut).toEqual(['@tool/cli-darwin-arm64']);
    expect(Object.keys(missingEntries({ packages: { 'node_modules/tool': tool } }, leftOut))).toEqual([
      'node_modules/@tool/cli-linux-x64-musl',
    ]);
  });

  it('may lack what is optional for other reasons than the platform', () => {
    expect(missingEntries({ packages: { 'node_modules/pg': { optionalDependencies: { 'pg-cloudflare': '^1.3.0' } } } })).toEqual({});
  });
});
