import { serviceVariables, variable } from '@orrery/process';
import { z } from 'zod';

const days = z.coerce.number().int();

export const InferenceConfig = z.object({
  ...serviceVariables('inference'),
  logDays: variable('ORRERY_INFERENCE_LOG_DAYS', days.min(2).max(3_650).default(90), {
    says: 'for how many days the inference log is kept',
    example: '90',
  }),
  billingDays: variable('ORRERY_INFERENCE_BILLING_DAYS', days.min(2).max(90).default(3), {
    says: 'for how many days a request is kept of which nothing is to be logged, until its charge was compared',
    example: '3',
  }),
});
