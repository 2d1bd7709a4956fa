import { Controller } from '@nestjs/common';
import { epochOf, execution, type InputOf, instantOf, type OutputOf, observability, type RequestContext } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { type MetricStore, TooManyPoints } from '@orrery/telemetry-store';
import { RunsOfOrg } from '../application/runs-of-org.ts';
import { Telemetry } from '../application/telemetry.ts';

const hourMs = 3_600_000;

@Controller()
export class MetricsHandler {
  private readonly metrics: MetricStore;

  constructor(
    telemetry: Telemetry,
    private readonly runs: RunsOfOrg,
  ) {
    this.metrics = telemetry.store.metrics;
  }

  @Serves(observability.QueryRunMetrics)
  async ofRun(
    input: InputOf<typeof observability.QueryRunMetrics>,
    context: RequestContext,
  ): Promise<OutputOf<typeof observability.QueryRunMetrics>> {
    const { runId } = input;
    const org = await this.runs.orgOf(runId, context);
    const to = input.end === undefined ? systemClock.now() : epochOf(input.end);
    const from = input.start === undefined ? to - hourMs : epochOf(input.start);
    const query = { metrics: execution.MetricName.options, labels: { run: runId, org }, from, to, stepMs: input.stepSeconds * 1_000 };
    try {
      // A run on several GPUs has one value at a time: their mean.
      const found = await this.metrics.range({ ...query, aggregate: 'avg', by: ['hostname'], across: 'avg' });
      const series = found.map(({ metric, points }) => [metric, points.map(({ at, value }) => ({ at: instantOf(at), value }))]);
      const hostname = found[0]?.labels['hostname'] ?? null;
      return observability.RunMetrics.parse({
        runId,
        hostname,
        start: instantOf(from),
        end: instantOf(to),
        series: Object.fromEntries(series),
      });
    } catch (error) {
      if (!(error instanceof TooManyPoints)) throw error;
      return refuse({
        code: 'TooManyPoints',
        details: { points: error.points, limit: error.limit, mend: 'ask for a larger step or a shorter time' },
      });
    }
  }
}
