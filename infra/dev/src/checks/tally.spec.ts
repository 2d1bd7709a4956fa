import { add, closingLine, noTests, tallyOf } from './tally.ts';

describe('the tally of several jest runs', () => {
  const counts = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1, numRuntimeErrorTestSuites: 0 };
  const report = { ...counts, testResults: [] };

  it('adds up', () => {
    const both = [report, report].map(tallyOf).reduce(add, noTests);
    expect(closingLine(both)).toBe('10 passed, 2 failed, 6 skipped');
  });

  it('counts a file that could not even start as a failure', () => {
    expect(tallyOf({ ...report, numRuntimeErrorTestSuites: 3 }).failed).toBe(4);
  });

  it('says which tests failed and how they began to say why', () => {
    const test = { fullName: 'a lease ends', status: 'failed', failureMessages: ['\u001b[31mexpected 1\u001b[39m\n    at x.ts:1'] };
    const file = { name: 'lease.spec.ts', status: 'failed', message: 'all of it', assertionResults: [test] };
    expect(tallyOf({ ...report, testResults: [file] }).failures).toEqual(['lease.spec.ts: a lease ends\nexpected 1\n    at x.ts:1']);
  });

  it('says why a file could not even start', () => {
    const file = { name: 'lease.spec.ts', status: 'failed', message: 'no such module', assertionResults: [] };
    expect(tallyOf({ ...report, testResults: [file] }).failures).toEqual(['lease.spec.ts\nno such module']);
  });

  it('names what passed at its second attempt alone', () => {
    const tests = [1, 2].map((invocations) => ({ fullName: `ran ${invocations}`, status: 'passed', failureMessages: [], invocations }));
    const file = { name: 'lease.spec.ts', status: 'passed', message: '', assertionResults: tests };
    expect(tallyOf({ ...report, testResults: [file] }).unsteady).toEqual(['lease.spec.ts: ran 2']);
  });
});
