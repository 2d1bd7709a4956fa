import type { execution } from '@orrery/contracts';
import type { Brief } from '../domain/attempt.ts';
import type { Batch } from '../domain/batches.ts';
import type { Platform } from '../link/platform.ts';
import type { Text } from './shipper.ts';

const ackMs = 5_000;
const encoder = new TextEncoder();

/** Publishes batches of output; resolves when JetStream has them. A batch that comes twice is taken once. */
export const outputPublisher =
  (platform: Platform) =>
  async ({ orgId, runId, attempt }: Brief, { firstSeq, at }: Batch, texts: readonly Text[]): Promise<void> => {
    const batch: execution.OutputBatch = {
      orgId,
      chunks: texts.map(({ seq, stream, text }) => ({ runId, attempt, seq, stream, at, text })),
    };
    const stream = platform.connected().connection.jetstream({ timeout: ackMs });
    await stream.publish(`tele.output.${platform.workerId}.${runId}`, encoder.encode(JSON.stringify(batch)), {
      msgID: `${runId}.${attempt}.${firstSeq}`,
    });
  };
