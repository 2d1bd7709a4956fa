import { Controller } from '@nestjs/common';
import { type InputOf, inference, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { contentSince } from '../domain/retention.ts';
import { saidIn } from './content.ts';
import { inferenceLog, lineOf } from './inference-log.ts';
import { whereOf } from './log-filters.ts';
import { summaryOf } from './log-summary.ts';
import { settingsOf } from './settings.view.ts';

const newestFirst = { by: ['startedAt'], direction: 'desc' } as const;

/** What the inference log says to those whose requests it holds. */
@Controller()
export class LogHandler {
  constructor(private readonly store: EventStore) {}

  @Serves(inference.ListRequests)
  async list(
    { limit, cursor, ...filters }: InputOf<typeof inference.ListRequests>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.ListRequests>> {
    const { items, ...rest } = await this.store
      .read(inferenceLog)
      .page({ where: whereOf(context, filters), order: newestFirst, limit, cursor });
    return { ...rest, items: items.map(lineOf) };
  }

  @Serves(inference.ListRequestsCounted)
  async listCounted(
    { limit, offset, ...filters }: InputOf<typeof inference.ListRequestsCounted>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.ListRequestsCounted>> {
    const where = whereOf(context, filters);
    const reader = this.store.read(inferenceLog);
    const [items, total] = await Promise.all([reader.list({ where, order: newestFirst, limit, offset }), reader.count(where)]);
    return { items: items.map(lineOf), total };
  }

  @Serves(inference.GetRequest)
  async get({ requestId }: InputOf<typeof inference.GetRequest>, context: RequestContext): Promise<OutputOf<typeof inference.GetRequest>> {
    const orgId = OrgId.parse(context.orgId);
    const row = await this.store.read(inferenceLog).one({ requestId, orgId });
    if (row === undefined || !row.isLogged) return refuse({ code: 'RequestNotFound', details: {} });
    const { settings } = (await settingsOf(this.store, orgId)) ?? { settings: inference.usualSettings };
    const content = await saidIn(this.store, { requestId, orgId }, contentSince(settings, systemClock.now()));
    return { ...lineOf(row), content: content ?? null };
  }

  @Serves(inference.SummarizeRequests)
  summarize(
    filters: InputOf<typeof inference.SummarizeRequests>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.SummarizeRequests>> {
    return summaryOf(this.store, context, filters);
  }
}
