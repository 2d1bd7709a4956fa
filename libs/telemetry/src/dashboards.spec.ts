import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { metricsText } from './meters.ts';
import { metrics } from './metrics.ts';
import { observeProcess } from './process-metrics.ts';

const infra = resolve(__dirname, '../../../infra');
const namesIn = (file: string): string[] => {
  const names = readFileSync(resolve(infra, file), 'utf8').match(/\b(?:orrery|gen_ai_(?:client|server))_[a-z_]+/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(bucket|count|sum)$/, '')))];
};

describe('dashboards and alerts', () => {
  it.each(['grafana/dashboards/overview.json', 'prometheus/rules.yml'])('ask only for metrics that exist (%s)', async (file) => {
    observeProcess();
    const ofProcess = [...(await metricsText()).matchAll(/^# TYPE (orrery_process_\w+)/gm)].map(([, name]) => name);
    const known = new Set([...Object.values(metrics).map(({ name }) => name.replaceAll('.', '_')), ...ofProcess]);
    const asked = namesIn(file);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });
});
