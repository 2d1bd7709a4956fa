import { inference } from '@orrery/contracts';
import type { Dialect, PaidRoute } from '../../dialect.ts';
import type { Models } from '../../inference/admission/models.ts';
import { anthropicKeyHeader, anthropicVersionHeader } from '../key-headers.ts';
import { bases } from '../openai/row.ts';
import { countTokens } from './count-tokens.ts';
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
    keyHeaders: [anthropicKeyHeader],
  }),
);

/** The Messages API of Anthropic, on every base of an OpenAI-compatible one; its models are a row of that. */
export const anthropic = (models: Models): Dialect => ({
  name: 'anthropic',
  bases: paths,
  header: anthropicVersionHeader,
  sharedBases: bases.map((base) => `${base}/models`),
  routes: [...calls, ...paths.map((path) => countTokens(path, models))],
  error: anthropicError,
});
