import { inference } from '@orrery/contracts';
import type { Dialect, PaidRoute } from '../../dialect.ts';
import { anthropicKeyHeader } from '../key-headers.ts';
import { bases } from '../openai/row.ts';
import { anthropicError } from './error.ts';

const paths = bases.map((base) => `${base}/messages`);

const calls = paths.map(
  (path): PaidRoute => ({
    kind: 'paid',
    method: 'POST',
    path,
    operations: [inference.CallModel],
    client: 'messages',
    dialect: 'anthropic',
    keyHeader: anthropicKeyHeader,
  }),
);

/** The Messages API of Anthropic, on every base of an OpenAI-compatible one. */
export const anthropic = (): Dialect => ({ name: 'anthropic', bases: paths, routes: calls, error: anthropicError });
