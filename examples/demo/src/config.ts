import { z } from 'zod';

const Environment = z.object({
  ORRERY_URL: z.url(),
  ORRERY_OPERATOR_KEY: z.string().min(1),
  ORRERY_NATS_URL: z.string().min(1),
  ORRERY_NATS_CREDS: z.string().optional(),
  ORRERY_DEMO_OTLP_PORT: z.coerce.number().int().positive().optional(),
});

export interface DemoConfig {
  readonly url: string;
  readonly operatorKey: string;
  readonly natsUrl: string;
  readonly natsCreds: string | undefined;
  /** Where the services were told to export their traces; without it the demo prints only the id of the trace. */
  readonly otlpPort: number | undefined;
}

export const demoConfigOf = (environment: NodeJS.ProcessEnv): DemoConfig => {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`the demo runs against a started Orrery (npm run demo starts one):\n${z.prettifyError(parsed.error)}`);
  }
  return {
    url: parsed.data.ORRERY_URL,
    operatorKey: parsed.data.ORRERY_OPERATOR_KEY,
    natsUrl: parsed.data.ORRERY_NATS_URL,
    natsCreds: parsed.data.ORRERY_NATS_CREDS || undefined,
    otlpPort: parsed.data.ORRERY_DEMO_OTLP_PORT,
  };
};
