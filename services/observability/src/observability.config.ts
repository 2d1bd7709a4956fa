import { postgresUrl, serviceVariables, variable } from '@orrery/process/light';
import { z } from 'zod';

export const ObservabilityConfig = z.object({
  ...serviceVariables('observability'),
  telemetryUrl: variable('ORRERY_TELEMETRY_DATABASE_URL', postgresUrl.optional(), {
    says: 'the URL of the database of log lines and samples, where it is not on the common server',
    example: 'postgres://telemetry:password@127.0.0.1:5432/orrery_telemetry',
    secret: true,
  }),
});
