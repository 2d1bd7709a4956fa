import { metricsText } from './meters.ts';
import { metrics } from './metrics.ts';

describe('the metrics of a process', () => {
  it('are told in the text format of Prometheus, under the names of the dashboards', async () => {
    metrics.appended.add(3, { service: 'billing' });
    metrics.appended.add(2, { service: 'billing' });
    metrics.relayLag.record(0.25, { service: 'billing' });
    metrics.append.record(0.004, { service: 'billing', outcome: 'committed' });
    metrics.firstToken.record(0.03, { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'gpu', 'gen_ai.request.model': 'a/b' });
    const text = await metricsText();
    expect(text).toContain('# TYPE orrery_appended_events_total counter\norrery_appended_events_total{service="billing"} 5\n');
    expect(text).toContain('orrery_relay_lag_seconds{service="billing"} 0.25\n');
    const call = 'gen_ai_operation_name="chat",gen_ai_provider_name="gpu",gen_ai_request_model="a/b"';
    expect(text).toContain(`gen_ai_server_time_to_first_token_bucket{${call},le="0.04"} 1\n`);
    expect(text).toContain('orrery_append_seconds_count{service="billing",outcome="committed"} 1\n');
    expect(text).toContain('orrery_append_seconds_bucket{service="billing",outcome="committed",le="0.005"} 1\n');
    expect(text).toContain('orrery_append_seconds_bucket{service="billing",outcome="committed",le="0.0025"} 0\n');
  });

  it('are each named orrery_ and something, or as the conventions for generative AI name them, once', () => {
    const names = Object.values(metrics).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^(?:orrery_[a-z_]+|gen_ai(?:\.[a-z_]+)+)$/);
  });

  it('do not tell of what never happened', async () => {
    expect(await metricsText()).not.toContain('orrery_dead_letters_total');
  });
});
