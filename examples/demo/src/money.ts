import { nanosOf } from '@orrery/contracts';

/** Credits as an exact number of nano-units, whatever form a dialect gives them. */
export const creditsOf = (value: unknown): bigint => nanosOf(typeof value === 'number' ? value.toFixed(9) : String(value));
