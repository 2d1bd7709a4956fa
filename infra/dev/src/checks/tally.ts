/** What jest writes with --json, as far as we read it. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Files that failed before any of their tests could. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    /** Why the file as a whole failed, or all that its tests had to say. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
      /** How often it ran: more than once where it failed at first. */
      readonly invocations?: number;
    }[];
  }[];
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Each failure in a few lines: which file, which test, and how it began to say why. */
  readonly failures: readonly string[];
  /** What passed at its second attempt alone. */
  readonly unsteady: readonly string[];
}

export const noTests: Tally = { passed: 0, failed: 0, skipped: 0, failures: [], unsteady: [] };

const linesOfReason = 12;

/** Escape sequences that colour a terminal. */
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

const beginningOf = (reason: string): string => reason.replace(colours, '').split('\n').slice(0, linesOfReason).join('\n');

type FileResult = JestReport['testResults'][number];

const failuresIn = ({ name, status, message, assertionResults }: FileResult): string[] => {
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${name}\n${beginningOf(message)}`] : [];
  return failed.map(({ fullName, failureMessages }) => `${name}: ${fullName}\n${beginningOf(failureMessages.join('\n'))}`);
};

const unsteadyIn = ({ name, assertionResults }: FileResult): string[] =>
  assertionResults
    .filter(({ status, invocations = 1 }) => status === 'passed' && invocations > 1)
    .map(({ fullName }) => `${name}: ${fullName}`);

export const tallyOf = (report: JestReport): Tally => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
  skipped: report.numPendingTests + report.numTodoTests,
  failures: report.testResults.flatMap(failuresIn),
  unsteady: report.testResults.flatMap(unsteadyIn),
});

export const add = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
  failures: [...a.failures, ...b.failures],
  unsteady: [...a.unsteady, ...b.unsteady],
});

/** The closing line, alone on its line, for people and for machines that look for it. */
export const closingLine = ({ passed, failed, skipped }: Tally): string => `${passed} passed, ${failed} failed, ${skipped} skipped`;
