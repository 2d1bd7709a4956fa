import { join } from 'node:path';
import { freePort } from '@orrery/servers';
import type { Tally } from './bill.ts';
import { startChild } from './child.ts';
import { contenderOf, models, type Started } from './contenders.ts';
import { untilAnswered } from './scene.ts';

export interface OursOptions {
  readonly name: string;
  readonly key: string;
  readonly modelPort: number;
  readonly tally: Tally;
}

/** A gateway in a process of its own, as operators start it; its environment is ours. Spans of every request leave it. */
export const startOurs = async ({ name, key, modelPort, tally }: OursOptions): Promise<Started> => {
  const [port, healthPort] = [await freePort(), await freePort()];
  const checkout = process.cwd();
  const { pid, stop } = await startChild({
    name,
    command: process.execPath,
    args: [
      '--enable-source-maps',
      '--max-semi-space-size=64',
      '--import',
      join(checkout, 'libs/telemetry/dist/start.js'),
      ...profiled(),
      join(checkout, 'gateway/dist/main.js'),
    ],
    env: {
      ...process.env,
      ORRERY_HTTP_PORT: String(port),
      ORRERY_HEALTH_PORT: String(healthPort),
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${modelPort}/v1/traces`,
    },
    readyUrl: `http://127.0.0.1:${healthPort}/ready`,
    isReady: (status) => status === 200,
  });
  await untilAnswered(`http://127.0.0.1:${port}`, key).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  tally.add({ answered: Object.keys(models).length, failed: 0, underWay: 0 });
  const path = '/v1/chat/completions';
  return {
    contender: contenderOf({ name, port, pids: [pid], tally }, { headers: { authorization: `Bearer ${key}` }, path, pacedPath: path }),
    stop,
  };
};

/** Where a profile is asked for, it is written when the gateway stops. */
const profiled = (): readonly string[] => {
  const dir = process.env.ORRERY_BENCH_PROFILES;
  return dir ? ['--cpu-prof', '--cpu-prof-dir', dir] : [];
};
