import { isNativeError } from 'node:util/types';

/** What the system calls what went wrong, such as `ENOSPC`. */
export const codeOf = (error: unknown): unknown => (isNativeError(error) && 'code' in error ? error.code : undefined);
