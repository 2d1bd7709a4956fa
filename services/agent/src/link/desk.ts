import { execution } from '@orrery/contracts';
import { AgentDesk, type Bus, refuse } from '@orrery/messaging/light';
import { type Log, withSpan } from '@orrery/telemetry';
import type { Attempts } from '../attempts/attempts.ts';

/** Serves what the platform asks of this machine. */
export const openDesk = (bus: Bus, workerId: string, attempts: Attempts, log: Log): AgentDesk =>
  new AgentDesk(bus, {
    workerId,
    onFault: ({ operation, correlationId, error }) => log.error({ err: error, operation, correlationId }, 'failed'),
  })
    .serve(execution.StartAttempt, async ({ spec }) => {
      const settings = { parent: spec.traceparent, orgId: spec.orgId, attributes: { 'orrery.run_id': spec.runId } };
      return refuse(await withSpan('agent.start', settings, () => attempts.accept(spec))).value;
    })
    .serve(execution.EndAttempt, async ({ mode, reason, ...ref }) => {
      refuse(await attempts.end(ref, mode, reason));
      return {};
    });
