import { createHash } from 'node:crypto';
import { inference } from '@orrery/contracts';
import type { Question } from '../forward/question.ts';

const byName = ({ name: one }: { name: string }, { name: other }: { name: string }): number => Number(one > other) - Number(one < other);

/**
 * The same for the same request to a model: its members at the top in the order of their names, their values byte by byte. Nothing deeper is read, so that
 * no digit of a number is lost, and whoever writes the same JSON in another way asks for something else. What the client calls the request is said to us, and
 * to no model.
 */
export const fingerprintOf = ({ body, model, members }: Question): string => {
  const hash = createHash('sha256').update(JSON.stringify(model));
  for (const { name, valueAt, valueEnd } of [...members.all].sort(byName)) {
    if (name === inference.requestTagsMember) continue;
    hash.update(`,${JSON.stringify(name)}:`).update(body.subarray(valueAt, valueEnd));
  }
  return hash.digest('base64url');
};
