import { serviceVariables, variable } from '@orrery/process';
import { z } from 'zod';

/** As the gateways read it: what they would not ask is not set. */
const hosts = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((host) => host.trim())
      .filter(Boolean),
  );

const days = z.coerce.number().int();

export const InferenceConfig = z.object({
  ...serviceVariables('inference'),
  logDays: variable('ORRERY_INFERENCE_LOG_DAYS', days.min(2).max(3_650).default(90), {
    says: 'for how many days the inference log is kept',
    example: '90',
  }),
  guardrailHosts: variable('ORRERY_GUARDRAIL_HOSTS', hosts, {
    says: 'hosts at which guardrails of organizations may be asked though their addresses are private, also without TLS, separated by commas',
    example: 'guardrails.internal',
  }),
  billingDays: variable('ORRERY_INFERENCE_BILLING_DAYS', days.min(2).max(90).default(3), {
    says: 'for how many days a request is kept of which nothing is to be logged, until its charge was compared',
    example: '3',
  }),
});
