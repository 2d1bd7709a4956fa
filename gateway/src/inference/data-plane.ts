import { systemClock } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import { secretsOf } from '@orrery/process';
import type { Log } from '@orrery/telemetry';
import type { Snapshots } from '../access/follow-snapshots.ts';
import type { GatewayConfig } from '../gateway.config.ts';
import { followAdmission } from './admission/follow-admission.ts';
import type { Models } from './admission/models.ts';
import type { Admission } from './admission/offer.ts';
import { startContent } from './content/start-content.ts';
import { Shadows } from './forward/shadows.ts';
import { Upstreams } from './forward/upstreams.ts';
import { Elsewhere } from './guardrails/elsewhere/elsewhere.ts';
import { startReplay } from './replay/start-replay.ts';
import { followRoutes } from './routing/follow-routes.ts';
import type { RunSettings } from './run/run-parts.ts';
import { Runs } from './run/runs.ts';
import { DurableUsage } from './usage/durable-usage.ts';

export interface DataPlaneOptions {
  readonly config: GatewayConfig;
  readonly bus: Bus;
  readonly log: Log;
  readonly snapshots: Pick<Snapshots, 'keys' | 'plans'>;
  /** Who may have what of models, where it is not what the services say. */
  readonly admission?: Admission | undefined;
  readonly settings?: Partial<RunSettings> | undefined;
}

export interface DataPlane {
  readonly runs: Runs;
  readonly models: Models;
  /** Lets requests under way finish or cuts them, and tells what is left to tell. */
  readonly stop: () => Promise<void>;
}

const settingsOf = ({ inferenceBodyLimit, inferencePatienceMs }: GatewayConfig): RunSettings => ({
  bodyLimit: inferenceBodyLimit,
  deadlineMs: 600_000,
  queueMs: 60_000,
  stallMs: 60_000,
  patienceMs: inferencePatienceMs,
  afterLeavingMs: 300_000,
});

/** What forwards requests to models: routes from memory, one round trip to Redis before and one after, and the bytes in between. */
export const startDataPlane = ({ config, bus, log, snapshots, admission, settings }: DataPlaneOptions): DataPlane => {
  const clock = (): number => systemClock.now();
  const { keys, plans } = snapshots;
  const admitted = followAdmission(bus, { log, clock, keys: keys.snapshot, plans, defaultPlan: config.defaultPlan });
  const routes = followRoutes(bus, { log, gatewayKey: secretsOf(config.secret)('upstream-credentials') });
  const { redisUrl: url, inferenceRedisPatienceMs: patienceMs, inferenceLeaseSeconds } = config;
  const book = new DurableUsage({ url, bus, log, patienceMs, leaseMs: inferenceLeaseSeconds * 1_000 });
  const content = startContent({ bus, log, clock });
  const leaseMs = inferenceLeaseSeconds * 1_000;
  const replay = startReplay({ url, log, patienceMs, leaseMs, orgSettings: admitted.settings, clock });
  const upstreams = new Upstreams();
  const signingKey = secretsOf(config.secret)('guardrail-signatures');
  const elsewhere = new Elsewhere({ signingKey, trustedHosts: config.guardrailHosts, clock });
  const runs = new Runs({
    admission: admission ?? admitted.admission,
    orgSettings: admitted.settings,
    elsewhere,
    book,
    table: routes.table,
    upstreams,
    shadows: new Shadows(upstreams),
    tapsOf: [content.tapOf],
    keyed: replay.keyed,
    cache: replay.cache,
    settings: { ...settingsOf(config), ...settings },
    log,
    clock,
    random: Math.random,
  });
  return {
    runs,
    models: admitted.models,
    stop: async () => {
      await runs.stop();
      replay.close();
      await Promise.all([book.close(), content.close(), elsewhere.close()]);
      await Promise.all([routes.close(), admitted.close()]);
    },
  };
};
