/*
 * Real servers on a machine that others use, too: where CI alone looks, what failed once is tried once more, and named in the closing lines if it
 * passes then. At a desk it fails at once.
 */
if (process.env.CI === 'true') jest.retryTimes(1, { logErrorsBeforeRetry: true });
