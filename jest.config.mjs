const swc = [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2023',
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

const swcOfModules = ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'commonjs' } }];

/**
 * Published as modules only, which Jest cannot load as they are: the provider of OAuth, its client in tests, and what they are made of. What the AI
 * SDK reads streams with has a `source` condition of its own, and so comes as its sources.
 */
const modulesOnly = '/node_modules/(oidc-provider|jose|openid-client|oauth4webapi|eventsource-parser)/';

const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  testMatch,
  testEnvironment: 'node',
  // The `source` condition makes packages resolve to their .ts, so tests never wait for a build.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'require', 'default'] },
  transform: { '\\.ts$': swc, [`${modulesOnly}.*\\.js$`]: swcOfModules },
  transformIgnorePatterns: [`/node_modules/(?!${modulesOnly.slice('/node_modules/'.length)})`],
  modulePathIgnorePatterns: ['/dist/', '/\\.orrery/'],
  moduleNameMapper: { '^fast-check$': '<rootDir>/infra/dev/jest/fast-check.cjs' },
  ...extra,
});

// Real servers for everything that is not a unit test, started once per jest run by the dev stack.
const servers = {
  globalSetup: '<rootDir>/infra/dev/jest/setup.cjs',
  globalTeardown: '<rootDir>/infra/dev/jest/teardown.cjs',
  setupFilesAfterEnv: ['<rootDir>/infra/dev/jest/again.cjs'],
};

export default {
  maxWorkers: 2,
  // A test that hangs must end; one that only waits its turn on a busy machine must not fail.
  testTimeout: 30_000,
  projects: [
    project('unit', ['<rootDir>/{libs,services,infra}/*/src/**/*.spec.ts', '<rootDir>/{gateway,bench}/src/**/*.spec.ts'], {
      testPathIgnorePatterns: ['/node_modules/', '\\.laws\\.spec\\.ts$'],
    }),
    // Thousands of random stories take minutes: what one waits for after each change does not wait for them.
    project('laws', ['<rootDir>/{libs,services,infra}/*/src/**/*.laws.spec.ts', '<rootDir>/{gateway,bench}/src/**/*.laws.spec.ts']),
    project(
      'integration',
      ['<rootDir>/{libs,services,infra}/*/test/**/*.integration.spec.ts', '<rootDir>/gateway/test/**/*.integration.spec.ts'],
      servers,
    ),
    project('e2e', ['<rootDir>/{gateway,infra/*}/test/**/*.e2e.spec.ts'], servers),
    project('chaos', ['<rootDir>/{libs,services,infra}/*/test/**/*.chaos.spec.ts', '<rootDir>/gateway/test/**/*.chaos.spec.ts'], servers),
  ],
};
