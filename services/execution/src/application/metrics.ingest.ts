import { epochOf, execution } from '@orrery/contracts';
import { type Log, metrics } from '@orrery/telemetry';
import type { MetricStore, Sample } from '@orrery/telemetry-store';
import type { JsMsg } from 'nats';
import type { AttemptOwners } from './attempt-owners.ts';
import { arrivalOf } from './output.ingest.ts';
import { readJson } from './read-json.ts';

const service = 'execution';

/** The machine is the last word of the subject, which its credentials fix; what the body says must agree. */
const readSamples = ({ subject, data }: Pick<JsMsg, 'subject' | 'data'>): execution.MetricBatch | undefined => {
  const batch = execution.MetricBatch.safeParse(readJson(data));
  return batch.success && subject.endsWith(`.${batch.data.workerId}`) ? batch.data : undefined;
};

/** Puts samples where they can be asked for: of a run under its organization, of a machine under the machine. */
export const takeMetrics =
  (store: MetricStore, owners: AttemptOwners, log: Log) =>
  async (messages: readonly JsMsg[]): Promise<void> => {
    const batches = messages.flatMap((message) => {
      const batch = readSamples(message);
      return batch ? [{ ...batch, arrivedAt: arrivalOf(message) }] : [];
    });
    const believed = await owners.removals.before(batches);
    const told = believed.flatMap(({ samples, ...whence }) => samples.map((sample) => ({ ...sample, ...whence })));
    await owners.learn(told.flatMap(({ runId, workerId }) => (runId && !owners.onMachine(runId, workerId) ? [runId] : [])));
    const samples = told.flatMap(({ runId, workerId, hostname, name: metric, gpu, at, value, arrivedAt }): Sample[] => {
      const org = runId && owners.onMachine(runId, workerId)?.orgId;
      if (runId && !org) return [];
      const whose = runId && org ? { run: runId, org } : { worker: workerId };
      const labels = { ...whose, hostname, ...(gpu === undefined ? {} : { gpu: String(gpu) }) };
      return [{ metric, labels, at: Math.min(epochOf(at), arrivedAt), value }];
    });
    if (samples.length < told.length || believed.length < messages.length) {
      log.warn(
        { refused: told.length - samples.length, unreadable: messages.length - batches.length, removed: batches.length - believed.length },
        'samples that belong to nobody',
      );
    }
    const { added } = await store.append(samples);
    metrics.telemetryIngested.add(added, { service, kind: 'samples' });
  };
