import { Controller } from '@nestjs/common';
import { type InputOf, inference, instantOf, type OutputOf } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';
import { logOf } from '@orrery/telemetry';
import { differences } from '../views/settlements.view.ts';
import { tellDifferences } from './differences.ts';

type Sum = OutputOf<typeof inference.SumMinute>['items'][number];

const sums = `
  SELECT org_id AS "orgId", sum(cost)::text AS cost, count(*)::int AS requests FROM inference_log
  WHERE settled_at >= $1 AND settled_at < $2 AND ($3::uuid IS NULL OR org_id > $3) GROUP BY org_id ORDER BY org_id LIMIT $4`;

/** For the gateways, who compare the limits with what is here; and for whoever must mend it. */
@Controller()
export class ComparisonHandler {
  private readonly log = logOf('inference');

  constructor(private readonly store: EventStore) {}

  @Serves(inference.SumMinute)
  async sum({ minute, limit, cursor }: InputOf<typeof inference.SumMinute>): Promise<OutputOf<typeof inference.SumMinute>> {
    const [from, to] = [minute, minute + 1].map((each) => instantOf(each * inference.minuteMs));
    const values = [from, to, cursor ?? null, limit];
    const { rows } = await this.store.pool.query<Sum>({ name: 'sum-minute', text: sums, values });
    const last = rows.at(-1);
    return { items: rows, ...(last && rows.length === limit ? { nextCursor: last.orgId } : {}) };
  }

  @Serves(inference.ReportDifferences)
  async report(input: InputOf<typeof inference.ReportDifferences>): Promise<OutputOf<typeof inference.ReportDifferences>> {
    await tellDifferences(this.store, this.log, input.differences);
    return {};
  }

  @Serves(inference.ListDifferences)
  async list({ limit, cursor }: InputOf<typeof inference.ListDifferences>): Promise<OutputOf<typeof inference.ListDifferences>> {
    return await this.store.read(differences).page({ where: {}, order: { by: ['at'], direction: 'desc' }, limit, cursor });
  }
}
