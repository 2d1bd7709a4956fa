import { add, closingLine, noTests, tallyOf } from './tally.ts';

describe('the tally of several jest runs', () => {
  const report = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1, numRuntimeErrorTestSuites: 0 };

  it('adds up', () => {
    const both = [report, report].map(tallyOf).reduce(add, noTests);
    expect(closingLine(both)).toBe('10 passed, 2 failed, 6 skipped');
  });

  it('counts a file that could not even start as a failure', () => {
    expect(tallyOf({ ...report, numRuntimeErrorTestSuites: 3 }).failed).toBe(4);
  });
});
