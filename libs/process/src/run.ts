import { type Log, logOf, redactText, startTelemetry } from '@orrery/telemetry';
import { cannotListen } from './cannot-listen.ts';
import { sentencesOf } from './cannot-start.ts';
import { Closing } from './closing.ts';
import { ConfigInvalid, configOf, type Environment } from './config.ts';
import { Health } from './health.ts';
import { serveHealth } from './health-server.ts';
import type { Host, Prepared, Program, Running } from './program.ts';
import { ProcessConfig } from './variables.ts';
import { within } from './within.ts';

/** sysexits.h: the configuration is wrong, starting again will not help. */
const badConfiguration = 78;

export interface Started extends Running {
  /** Where /health, /ready and /metrics are. */
  readonly healthUrl: string;
  readonly health: Health;
}

const mistakesOf = <T>(parse: () => T, found: ConfigInvalid[]): T | undefined => {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error;
    found.push(error);
    return undefined;
  }
};

/** Reads every program's configuration before any of them starts, so that all mistakes are told at once. */
const prepareAll = (programs: readonly Program[], env: Environment): { config: ProcessConfig; prepared: Prepared[] } => {
  const found: ConfigInvalid[] = [];
  const config = mistakesOf(() => configOf('the process', ProcessConfig, env), found);
  const prepared = programs.flatMap((each) => mistakesOf(() => each.prepare(env), found) ?? []);
  if (found.length === 0 && config) return { config, prepared };
  const mistakes = new Map(found.flatMap((each) => each.mistakes).map((mistake) => [mistake.variable, mistake]));
  throw new ConfigInvalid(programs.map(({ name }) => name).join(', '), [...mistakes.values()]);
};

// By its name: what an AbortSignal throws is an error of the platform, of which there may be several.
const isAborted = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';

/** Where one cannot start, the others need not wait any longer for what they wait for. */
const startTogether = (prepared: readonly Prepared[], host: Host): Promise<PromiseSettledResult<Running>[]> => {
  const failed = new AbortController();
  const signal = AbortSignal.any([host.signal, failed.signal]);
  const start = async (each: Prepared): Promise<Running> => {
    try {
      return await each.start({ ...host, signal });
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  return Promise.allSettled(prepared.map(start));
};

const startEach = async (prepared: readonly Prepared[], host: Host, closing: Closing, stopMs: number): Promise<void> => {
  const running = await startTogether(prepared, host);
  const started = running.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const reasons = running.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  // Side by side: each program stops in its own order, and none leans on another one but over the bus.
  closing.add(
    'programs',
    async () => {
      const stopped = await Promise.allSettled(started.map((each) => each.stop()));
      const failed = stopped.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
      if (failed.length > 0) throw new AggregateError(failed, failed.map(String).join('; '));
    },
    stopMs,
  );
  if (reasons.length === 0) return;
  // Those that were only called off say nothing of why.
  const failures = reasons.filter((reason) => !isAborted(reason));
  throw failures.length > 1 ? new AggregateError(failures, 'some programs could not be started') : (failures[0] ?? reasons[0]);
};

/** Starts programs in this process, without touching signals or the exit: for `run`, and for tests. */
export const startAll = async (
  programs: readonly Program[],
  env: Environment,
  signal: AbortSignal = new AbortController().signal,
): Promise<Started> => {
  const { config, prepared } = prepareAll(programs, env);
  await startTelemetry();
  const log = logOf('process');
  const closing = new Closing(log);
  const health = new Health();
  const place = { host: config.healthHost, port: config.healthPort };
  const server = await serveHealth(health, place).catch((error: unknown) => {
    throw cannotListen(error, { ...place, variables: ['ORRERY_HEALTH_HOST', 'ORRERY_HEALTH_PORT'] });
  });
  closing.add('health server', server.close);
  const stop = async (): Promise<void> => {
    health.drain();
    await closing.finish('the process');
  };
  const settled = health.check('process', () => false);
  try {
    await startEach(prepared, { health, startMs: config.startSeconds * 1e3, signal }, closing, config.stopSeconds * 1e3);
  } catch (error) {
    await stop().catch((failure: unknown) => log.error({ err: failure }, 'what had started did not stop in order'));
    throw error;
  }
  settled();
  return { stop, health, healthUrl: server.url };
};

const flushMs = 3_000;

const exitAfterFlush = async (code: number): Promise<never> => {
  const telemetry = await startTelemetry();
  await within(flushMs, 'the last telemetry', telemetry.stop).catch(() => undefined);
  process.exit(code);
};

/** A fault that nobody caught leaves the state unknown: the log remembers what matters, so leave at once. */
const exitOnUncaught = (log: Log): void => {
  const leave = (error: unknown, origin: string): void => {
    log.fatal({ err: error, origin }, 'nobody caught this; the process ends');
    void exitAfterFlush(1);
  };
  process.on('uncaughtException', leave);
  process.on('unhandledRejection', (reason) => leave(reason, 'unhandledRejection'));
};

const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** The first signal asks for an orderly stop, the second one is obeyed at once. */
const onStopSignal = (ask: (signal: string) => void): void => {
  let asked = false;
  for (const [signal, code] of Object.entries(signalCodes)) {
    process.on(signal, () => {
      if (asked) process.exit(code);
      asked = true;
      ask(signal);
    });
  }
};

const failed = async (error: unknown, log: Log, what: string): Promise<never> => {
  if (error instanceof ConfigInvalid) {
    process.stderr.write(`${error.message}\n`);
    return await exitAfterFlush(badConfiguration);
  }
  const sentences = sentencesOf(error);
  if (sentences) for (const sentence of sentences) process.stderr.write(`${redactText(sentence)}\n`);
  else log.fatal({ err: error }, what);
  return await exitAfterFlush(1);
};

/** Runs programs in this process until it is told to stop. Never returns. */
export const runAll = async (programs: readonly Program[], env: Environment = process.env): Promise<never> => {
  const log = logOf(programs.length === 1 ? (programs[0]?.name ?? 'process') : 'process');
  exitOnUncaught(log);
  const stopping = new AbortController();
  const asked = new Promise<string>((resolve) => onStopSignal(resolve)).then((signal) => {
    stopping.abort();
    log.info({ signal }, 'stopping');
  });
  const began = performance.now();
  const started = await startAll(programs, env, stopping.signal).catch((error: unknown) => {
    if (stopping.signal.aborted) return undefined;
    return failed(error, log, 'could not start');
  });
  if (started) {
    log.info({ health: started.healthUrl, ms: Math.round(performance.now() - began) }, 'ready');
    process.send?.({ ready: true, health: started.healthUrl });
    await asked;
    await started.stop().catch((error: unknown) => failed(error, log, 'did not stop in order'));
  }
  log.info('stopped');
  return await exitAfterFlush(0);
};

/** The whole of a service's main.ts. */
export const run = (program: Program, env: Environment = process.env): Promise<never> => runAll([program], env);
