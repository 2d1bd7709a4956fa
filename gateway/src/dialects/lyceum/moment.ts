import { type Instant, instantOf } from '@orrery/contracts';
import { z } from 'zod';

/** Any time of RFC 3339, as ours are: UTC, with milliseconds. */
export const moment = z.iso.datetime({ offset: true, local: true }).transform((text): Instant => {
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  return instantOf(Date.parse(hasZone ? text : `${text}Z`));
});
