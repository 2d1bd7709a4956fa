import { inference, type OrgId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { repeat, systemClock } from '@orrery/kernel';
import type { Term } from '@orrery/process';
import { type Log, metrics } from '@orrery/telemetry';
import { contentSince, keptSince, type LogRetention } from '../domain/retention.ts';
import { dropSaidBefore, dropSaidIn, nextOrgWithContent } from '../views/content.ts';
import { settingsOf } from '../views/settings.view.ts';

/** Who deletes what was kept long enough: one process for all replicas. */
export const retentionOffice = 'retention';

export interface RetentionParts {
  readonly store: EventStore;
  readonly log: Log;
  readonly retention: LogRetention;
}

const everyMs = 15 * 60_000;
const batch = 2_000;

const dropLines = async ({ pool }: EventStore, condition: string, before: number): Promise<number> => {
  const text = `DELETE FROM inference_log WHERE request_id IN (SELECT request_id FROM inference_log WHERE settled_at < $1 ${condition} LIMIT ${batch})`;
  for (let dropped = 0; ; ) {
    const { rowCount } = await pool.query(text, [new Date(before)]);
    dropped += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) return dropped;
  }
};

/** What could not be read or charged waits for an operator as long as a line of the log would have been kept. */
const dropRefused = async ({ pool }: EventStore, before: number): Promise<number> => {
  const text = `DELETE FROM refused_usage WHERE digest IN (SELECT digest FROM refused_usage WHERE refused_at < $1 LIMIT ${batch})`;
  for (let dropped = 0; ; ) {
    const { rowCount } = await pool.query(text, [new Date(before)]);
    dropped += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) return dropped;
  }
};

const dropContent = async (store: EventStore, now: number): Promise<number> => {
  let dropped = 0;
  let orgId: OrgId | undefined;
  while (true) {
    orgId = await nextOrgWithContent(store, orgId);
    if (orgId === undefined) return dropped;
    const since = contentSince((await settingsOf(store, orgId))?.settings ?? inference.usualSettings, now);
    dropped += await (Number.isFinite(since) ? dropSaidBefore(store, orgId, since) : dropSaidIn(store, orgId));
  }
};

/** Deletes, in batches, what was kept long enough. */
export const forgetOld = async ({ store, retention }: RetentionParts, now: number) => {
  const { logged, unlogged } = keptSince(retention, now);
  const forgotten = {
    content: await dropContent(store, now),
    unlogged: await dropLines(store, 'AND NOT is_logged', unlogged),
    logged: await dropLines(store, '', logged),
    refused: await dropRefused(store, logged),
  };
  for (const [what, count] of Object.entries(forgotten)) if (count > 0) metrics.inferenceForgotten.add(count, { what });
  return forgotten;
};

export const serveRetention =
  (parts: RetentionParts) =>
  async ({ signal }: Term): Promise<void> => {
    const failed = (err: unknown): void => parts.log.warn({ err }, 'old requests could not be forgotten; trying again');
    const round = async (): Promise<void> => {
      const forgotten = await forgetOld(parts, systemClock.now());
      if (Object.values(forgotten).some((count) => count > 0)) parts.log.info(forgotten, 'forgot old requests');
    };
    await repeat(round, { everyMs, signal, failed });
  };
