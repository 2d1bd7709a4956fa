import type { z } from 'zod';
import { id } from '../../define.ts';

export const RunId = id('RunId');
export type RunId = z.infer<typeof RunId>;
