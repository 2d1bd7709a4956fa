import { hash } from 'node:crypto';
import { type inference, instantOf, type OrgId } from '@orrery/contracts';
import { type EventStore, Repeated } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';

/** Says it in every place where somebody looks: the log, a metric with an alert, and the event log, once for each difference. */
export const tellDifferences = async (store: EventStore, log: Log, differences: readonly inference.UsageDifference[]): Promise<void> => {
  for (const difference of differences) {
    const { between, orgId } = difference;
    const key = hash('sha256', JSON.stringify(difference));
    log.error(difference, 'limits, usage and ledger do not agree');
    metrics.usageDifferences.add(1, { between });
    try {
      await store.commit({
        appends: [{ stream: `difference-${key.slice(0, 32)}`, expected: 0, events: [{ type: 'UsageDiffered', data: dated(difference) }] }],
        once: { scope: 'difference', key },
        metadata: metadataOf(key, orgId),
      });
    } catch (error) {
      // It was told before.
      if (!(error instanceof Repeated)) throw error;
    }
  }
};

const dated = (difference: inference.UsageDifference) => ({ ...difference, at: instantOf(systemClock.now()) });

const metadataOf = (key: string, orgId: OrgId) => ({ correlationId: key, causationId: 'comparison', actor: 'service:inference', orgId });
