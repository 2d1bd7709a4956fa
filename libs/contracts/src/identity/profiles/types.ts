import { z } from 'zod';

/** What people say that they do here. It permits nothing: a published API asks for it. */
export const Occupation = z.enum(['designer', 'developer']).meta({ id: 'Occupation' });
export type Occupation = z.infer<typeof Occupation>;
