const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** The boundaries of the tree, as sentences. */
module.exports = {
  forbidden: [
    error('no-cycles', 'A cycle is one module pretending to be two.', {}, { circular: true }),
    error(
      'the-kernel-depends-on-nothing',
      'The kernel is the vocabulary of everything else.',
      { path: '^libs/kernel/src' },
      { pathNot: '^libs/kernel/src' },
    ),
    error(
      'the-domain-is-pure',
      'A domain imports its own folder, the kernel and the contracts: nothing that waits, not even node:crypto.',
      { path: '^services/[^/]+/src/domain/', pathNot: '\\.spec\\.ts$' },
      { pathNot: ['^services/[^/]+/src/domain/', '^libs/(kernel|contracts)/'] },
    ),
    error(
      'nest-stays-in-the-shell',
      'The kernel, the contracts, the event store and the domains must outlive the framework.',
      { path: '^(libs/(kernel|contracts|event-store|telemetry-store)/|services/[^/]+/src/domain/)' },
      { path: '@nestjs' },
    ),
    error(
      'services-do-not-know-each-other',
      'Services meet in the contracts, over the bus.',
      { path: '^services/([^/]+)/' },
      { path: '^services/', pathNot: '^services/$1/' },
    ),
    error(
      'libs-do-not-know-services',
      'A lib serves every service and names none.',
      { path: '^libs/' },
      { path: '^(services|gateway|infra|bench|examples)/' },
    ),
    error(
      'the-gateway-knows-contracts-only',
      'The gateway speaks to services over the bus, and has no database.',
      { path: '^gateway/src' },
      { path: ['^services/', '^libs/(event-store|telemetry-store)/'] },
    ),
    error(
      'only-runs-reach-models',
      'What asks a model server has reserved the money for it: no way leads there but through RequestRun.',
      { path: '^gateway/src/', pathNot: '^gateway/src/inference/(forward|run|data-plane)' },
      // Reading what is asked reaches nobody.
      { path: '^(gateway/src/inference/forward/(?!question\\.ts)|node_modules/undici/)' },
    ),
    error(
      'no-deep-imports',
      'A package has one door: its index.ts. One that a small process needs a part of has a second: light.ts.',
      { path: '^([^/]+/[^/]+)/' },
      { path: '^libs/[^/]+/(src|dist)/', pathNot: ['^libs/[^/]+/(src|dist)/(index|light)\\.(ts|js)$', '^$1/'] },
    ),
    error(
      'declared-dependencies-only',
      'What a package imports, its package.json names; the tools of tests are named by the root.',
      { path: '/src/', pathNot: '\\.spec\\.ts$' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    error(
      'no-test-helpers-in-production',
      'Test helpers carry test shortcuts.',
      { path: '/src/', pathNot: ['\\.spec\\.ts$', '^libs/testing/', '^bench/', '^infra/dev/'] },
      { path: '^libs/testing/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'require', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
