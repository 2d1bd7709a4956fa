import { inference, type OrgId } from '@orrery/contracts';
import { type EventStore, type Ingest, type IngestOptions, startIngest } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import { contentSince } from '../domain/retention.ts';
import { keepSaid, type Said } from '../views/content.ts';
import { settingsOf } from '../views/settings.view.ts';

export interface ContentIngestOptions extends Pick<IngestOptions, 'nats' | 'log'> {
  readonly store: EventStore;
}

type Messages = Parameters<IngestOptions['take']>[0];

const lineFeed = 10;

/** Undefined where it cannot be read. */
export const readSaid = (data: Uint8Array): Said | undefined => {
  const all = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const end = all.indexOf(lineFeed);
  if (end === -1) return undefined;
  try {
    const head = inference.ContentHead.parse(JSON.parse(all.toString('utf8', 0, end)));
    const bytes = all.subarray(end + 1);
    return bytes.length === head.asked.kept + (head.answered?.kept ?? 0) ? { head, bytes } : undefined;
  } catch {
    return undefined;
  }
};

/** Takes what was said into the inference log, where its organization wishes that now. */
export const startContentIngest = ({ store, nats, log }: ContentIngestOptions): Ingest =>
  startIngest({
    nats,
    log,
    stream: inference.contentTransport.stream,
    durable: 'inference--content',
    take: (messages) => take(messages, store, log),
  });

const take = async (messages: Messages, store: EventStore, log: Log): Promise<void> => {
  const said = messages.flatMap(({ data }) => readSaid(data) ?? []);
  const unreadable = messages.length - said.length;
  if (unreadable > 0) log.error({ unreadable }, 'what was said in requests cannot be read; it is lost');
  const wished = await wishedOf(store, said);
  await keepSaid(store, wished);
  metrics.inferenceContent.add(wished.length, { outcome: 'stored' });
  metrics.inferenceContent.add(said.length - wished.length, { outcome: 'unwished' });
  metrics.inferenceContent.add(unreadable, { outcome: 'unreadable' });
};

const wishedOf = async (store: EventStore, said: readonly Said[]): Promise<readonly Said[]> => {
  const now = systemClock.now();
  const since = new Map<OrgId, number>();
  for (const orgId of new Set(said.map(({ head }) => head.orgId))) {
    since.set(orgId, contentSince((await settingsOf(store, orgId))?.settings ?? inference.usualSettings, now));
  }
  return said.filter(({ head }) => Date.parse(head.at) >= (since.get(head.orgId) ?? Number.POSITIVE_INFINITY));
};
