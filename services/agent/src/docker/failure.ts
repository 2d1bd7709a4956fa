/** The HTTP status with which the engine refused; undefined where it was not reached at all. */
export const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;

/** The sentence of the engine, without what the client puts before it. */
export const reasonOf = (error: unknown): string => {
  const own = typeof error === 'object' && error !== null && 'json' in error ? error.json : undefined;
  if (typeof own === 'object' && own !== null && 'message' in own && typeof own.message === 'string') return own.message;
  return error instanceof Error ? error.message : String(error);
};
