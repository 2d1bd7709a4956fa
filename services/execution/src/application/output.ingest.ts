import { epochOf, execution } from '@orrery/contracts';
import { type Log, metrics } from '@orrery/telemetry';
import type { LogEntry, LogStore } from '@orrery/telemetry-store';
import type { JsMsg } from 'nats';
import type { AttemptOwners } from './attempt-owners.ts';
import { readJson } from './read-json.ts';

const service = 'execution';

interface Told {
  readonly workerId: string;
  readonly chunks: readonly execution.OutputChunk[];
}

/** The run and the machine are words of the subject, which the machine's credentials fix; what the body says must agree. */
export const readOutput = ({ subject, data }: Pick<JsMsg, 'subject' | 'data'>): Told | undefined => {
  const [, , workerId = '', runId = ''] = subject.split('.');
  const batch = execution.OutputBatch.safeParse(readJson(data));
  return batch.success ? { workerId, chunks: batch.data.chunks.filter((chunk) => chunk.runId === runId) } : undefined;
};

/** When it came to the bus: the same however often it is delivered, so that an entry is the same entry. */
export const arrivalOf = ({ info }: Pick<JsMsg, 'info'>): number => Math.floor(info.timestampNanos / 1_000_000);

/** Puts the output of runs where it can be asked for. What a machine says of runs that it does not have is not believed. */
export const takeOutput =
  (logs: LogStore, owners: AttemptOwners, log: Log) =>
  async (messages: readonly JsMsg[]): Promise<void> => {
    const told = messages.flatMap((message) => {
      const output = readOutput(message);
      return output ? [{ ...output, arrivedAt: arrivalOf(message) }] : [];
    });
    const believed = await owners.removals.before(told);
    const chunks = believed.flatMap(({ workerId, arrivedAt, chunks: each }) => each.map((chunk) => ({ ...chunk, workerId, arrivedAt })));
    await owners.learn(chunks.flatMap(({ runId, attempt }) => (owners.ofAttempt(runId, attempt) ? [] : [runId])));
    const entries = chunks.flatMap(({ runId, attempt: part, seq, stream: channel, at, text, workerId, arrivedAt }): LogEntry[] => {
      const owner = owners.ofAttempt(runId, part);
      if (owner?.workerId !== workerId) return [];
      const labels = { hostname: owner.hostname };
      // A clock that is ahead must not cost the output.
      return [{ stream: `run-${runId}`, part, seq, owner: owner.orgId, at: Math.min(epochOf(at), arrivedAt), channel, text, labels }];
    });
    if (entries.length < chunks.length || believed.length < messages.length) {
      const [unreadable, removed] = [messages.length - told.length, told.length - believed.length];
      log.warn({ refused: chunks.length - entries.length, unreadable, removed }, 'output that belongs to nobody');
    }
    const { added } = await logs.append(entries);
    metrics.telemetryIngested.add(added, { service, kind: 'lines' });
  };
