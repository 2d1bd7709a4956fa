import { inference } from '@orrery/contracts';
import type { PaidRoute } from '../../dialect.ts';
import type { Client } from '../../inference/shapes/shape.ts';
import { neospaceKeyHeader } from '../key-headers.ts';
import { bases, sharedBase } from './row.ts';

const paths: readonly (readonly [string, Client])[] = [
  ['/chat/completions', 'chat'],
  ['/completions', 'completions'],
  ['/embeddings', 'embeddings'],
  ['/responses', 'responses'],
];

/** What calls a model, on every base. */
export const calls: readonly PaidRoute[] = bases.flatMap((base) =>
  paths.map(([path, client]) => ({
    kind: 'paid',
    method: 'POST',
    path: `${base}${path}`,
    operations: [inference.CallModel],
    client,
    dialect: 'openai',
    ...(base === sharedBase ? { keyHeaders: [neospaceKeyHeader] } : {}),
  })),
);
