import { basename, dirname, join } from 'node:path';

/** Where a file grows before it is whole: in the same directory, under a name that no agent tells of. */
const beside = (target: string, ending: string): string => join(dirname(target), `.${basename(target)}.${ending}`);

export const partOf = (target: string): string => beside(target, 'part');
/** Which edition of the file the part is of, as its server marks it. */
export const markOf = (target: string): string => beside(target, 'part.mark');
export const lockOf = (target: string): string => beside(target, 'part.lock');
