import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@orrery/servers';
import type { CommandLine } from '../command-line.ts';
import { ensureSandbox } from '../finding/sandbox.ts';
import { launchAgent } from '../stack/agent.ts';
import { launchEngine, routeToEngine } from '../stack/engine.ts';
import { pathsOf } from '../stack/paths.ts';
import { seedCatalog } from '../stack/seed.ts';
import type { Stack } from '../stack/stack.ts';
import { withStack } from '../stack/with-stack.ts';
import { Problem } from '../terminal.ts';

/** The demo shows one trace, so it plays the collector, unless there is a real one. */
const tracing = (port: number): NodeJS.ProcessEnv =>
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT
    ? {}
    : {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        OTEL_BSP_SCHEDULE_DELAY: '500',
        // The collector goes before the programs do: nobody shall wait for it at the end.
        OTEL_EXPORTER_OTLP_TIMEOUT: '300',
      };

const clientEnvironment = ({ where, secrets }: Stack, otlpPort: number): NodeJS.ProcessEnv => ({
  ...process.env,
  ORRERY_URL: where.gatewayUrl,
  ORRERY_OPERATOR_KEY: secrets.operatorKey,
  ORRERY_NATS_URL: where.natsUrl,
  ...(where.credsDirectory === undefined ? {} : { ORRERY_NATS_CREDS: join(where.credsDirectory, 'events.creds') }),
  ...(process.env.OTEL_EXPORTER_OTLP_ENDPOINT ? {} : { ORRERY_DEMO_OTLP_PORT: String(otlpPort) }),
});

const ended = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });

const leaveWithinMs = 3_000;

/** On our terminal, and with a line to us: it ends when we are gone, however we went. */
const startClient = (stack: Stack, main: string, words: readonly string[], otlpPort: number): Promise<number> => {
  const env = clientEnvironment(stack, otlpPort);
  const client = spawn(process.execPath, [main, ...words], {
    cwd: stack.paths.checkout,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env,
  });
  const end = ended(client);
  stack.host(async () => {
    client.kill('SIGTERM');
    const timer = setTimeout(() => client.kill('SIGKILL'), leaveWithinMs);
    await end.catch(() => undefined);
    clearTimeout(timer);
  });
  return end;
};

/** Starts everything, then a client that lives the main job over HTTP. */
export const demo = async (checkout: string, line: CommandLine): Promise<void> => {
  const main = join(checkout, 'examples/demo/dist/main.js');
  if (!existsSync(main)) throw new Problem(`The demo has no main module at ${main}`);
  ensureSandbox();
  await withStack(pathsOf(checkout, line.name), async (stack) => {
    const otlpPort = await freePort();
    const [engine] = await Promise.all([launchEngine(stack), stack.launch('all', { env: tracing(otlpPort) })]);
    await seedCatalog(stack);
    if (engine !== undefined) await routeToEngine(stack, engine);
    await launchAgent(stack, tracing(otlpPort));
    const code = await startClient(stack, main, line.exit ? ['--exit'] : [], otlpPort);
    if (code !== 0) throw new Problem(`The demo failed (exit code ${code}). Logs of the platform: ${join(stack.paths.own, 'programs')}`);
  });
};
