import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { operations } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import { cannotListen, secretsOf } from '@orrery/process';
import { type Log, nestLog } from '@orrery/telemetry';
import type { FastifyInstance } from 'fastify';
import { Authenticator } from './access/authenticate.ts';
import { followSnapshots, type Snapshots } from './access/follow-snapshots.ts';
import { KeyUses } from './access/key-uses.ts';
import { Organizations } from './access/organization.ts';
import { Places } from './access/places.ts';
import { ExportPlaces } from './audit/places.ts';
import type { Dialect } from './dialect.ts';
import { anthropic } from './dialects/anthropic/index.ts';
import { deeplogix } from './dialects/deeplogix/index.ts';
import { lmstack } from './dialects/lmstack/index.ts';
import { lyceum } from './dialects/lyceum/index.ts';
import { neospace } from './dialects/neospace/index.ts';
import { openai } from './dialects/openai/index.ts';
import type { Gatekeepers } from './edge/admit.ts';
import type { TableRow } from './edge/route-table.ts';
import { createEdge, type EdgeSettings } from './edge/server.ts';
import { EdgeAdapter } from './edge-adapter.ts';
import type { GatewayConfig } from './gateway.config.ts';
import { addHouseRoutes } from './house-routes.ts';
import type { Admission } from './inference/admission/offer.ts';
import { startDataPlane } from './inference/data-plane.ts';
import type { RunSettings } from './inference/run/run-parts.ts';
import { jwksOf } from './jwks.ts';
import { Letters } from './letters/letters.ts';
import { addLetterRoutes } from './letters/routes.ts';
import type { Limits } from './limit/buckets.ts';
import { Limiting } from './limit/limiting.ts';
import { RateLimiter } from './limit/rate-limiter.ts';
import { issuerOf } from './oauth/issuer.ts';
import { Oauth } from './oauth/oauth.ts';
import { addOauthRoutes } from './oauth/routes.ts';
import { Asker } from './oauth/visit.ts';
import { readOutbox } from './outbox.ts';
import { orrery } from './routes.ts';
import { signIn } from './sign-in/index.ts';

/** How long a request waits for what its caller may have written a moment ago. */
const catchUpMs = 500;
/** How often the last uses of keys are told. */
const usualKeyUsesMs = 5_000;

const settingsOf = ({ publicUrl, bodyLimit, inferenceBodiesLimit, corsOrigins, trustProxy }: GatewayConfig): EdgeSettings => ({
  publicUrl,
  bodyLimit,
  bodiesLimit: inferenceBodiesLimit,
  corsOrigins,
  trustProxy,
  heartbeatMs: 15_000,
  stallMs: 60_000,
  requestMs: 30_000,
  // Longer than balancers keep theirs, so that it is never we who close a connection in use.
  keepAliveMs: 75_000,
});

const limitsOf = (config: GatewayConfig): Limits => ({
  login: config.loginLimit,
  anonymous: config.anonymousLimit,
  refused: config.refusedLimit,
  read: config.readLimit,
  write: config.writeLimit,
  stream: config.streamLimit,
  org: config.orgLimit,
  address: config.addressLimit,
});

@Module({})
class GatewayModule {}

export interface Gateway {
  readonly url: string;
  readonly notReady: () => string | undefined;
  /** Every route that it serves, with who may call it. */
  readonly routes: readonly TableRow[];
  /** Ends streams with a hint to come back, finishes what is under way, closes. */
  readonly stop: () => Promise<void>;
}

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly bus: Bus;
  readonly log: Log;
  readonly settings?: Partial<EdgeSettings>;
  /** How often the last uses of keys are told, in milliseconds. */
  readonly keyUsesMs?: number;
  /** Who may have what of models, where it is not what the services say. */
  readonly admission?: Admission;
  readonly runSettings?: Partial<RunSettings>;
  /** The published APIs beside our own. */
  readonly dialects?: readonly Dialect[];
}

const listen = async (edge: FastifyInstance, { httpHost, httpPort }: GatewayConfig, log: Log): Promise<NestFastifyApplication> => {
  const adapter = new EdgeAdapter(edge);
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule, adapter, {
    logger: nestLog(log),
    bodyParser: false,
    abortOnError: false,
  });
  await app.listen(httpPort, httpHost).catch((error: unknown) => {
    throw cannotListen(error, { host: httpHost, port: httpPort, variables: ['ORRERY_HTTP_HOST', 'ORRERY_HTTP_PORT'] });
  });
  return app;
};

interface Kept extends Gatekeepers {
  /** Tells what is left to tell, and lets go of Redis. */
  readonly close: () => Promise<void>;
}

const gatekeepersOf = ({ config, bus, log, keyUsesMs = usualKeyUsesMs }: GatewayOptions, snapshots: Snapshots): Kept => {
  const { apps, oauthEnds, keys, sessions, signing, orgs, members, plans } = snapshots;
  const { secret, operatorKey, defaultPlan, redisUrl: url, redisPatienceMs: patienceMs } = config;
  const macKey = secretsOf(secret)('api-key-mac');
  const issuer = issuerOf(config.publicUrl);
  const limiter = new RateLimiter({ url, log, patienceMs });
  const keyUses = new KeyUses({ bus, clock: systemClock, log, everyMs: keyUsesMs });
  return {
    authenticator: new Authenticator({
      apps,
      oauthEnds,
      issuer,
      keys,
      sessions,
      signing,
      macKey,
      operatorKey,
      clock: systemClock,
      catchUpMs,
    }),
    organizations: new Organizations(new Places(orgs, members, catchUpMs)),
    limiting: new Limiting({ limiter, limits: limitsOf(config), plans, defaultPlan }),
    keyUses,
    close: async () => {
      await keyUses.stop();
      limiter.close();
    },
  };
};

/** Builds the gateway around a bus and lets it listen. Whoever gave the bus closes it, after `stop`. */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { config, bus, log, settings, dialects, admission, runSettings } = options;
  const snapshots = followSnapshots(bus, log);
  const gatekeepers = gatekeepersOf(options, snapshots);
  const draining = new AbortController();
  const exports = new ExportPlaces();
  const notReady = (): string | undefined => {
    if (draining.signal.aborted) return 'stopping';
    if (!bus.isConnected) return 'not connected to the bus';
    return snapshots.areLoaded() ? undefined : 'waiting for the snapshots of identity';
  };
  const inference = startDataPlane({ config, bus, log, snapshots, admission, settings: runSettings });
  const { app: edge, routes } = createEdge({
    bus,
    gatekeepers,
    runs: inference.runs,
    dialects: dialects ?? [
      orrery(operations, { exports }),
      lyceum(config, { exports }),
      neospace(),
      deeplogix(config),
      lmstack(),
      openai(inference.models),
      anthropic(inference.models),
      signIn(config),
    ],
    settings: { ...settingsOf(config), ...settings },
    log,
    draining: draining.signal,
  });
  addHouseRoutes(edge, {
    notReady,
    jwks: () => jwksOf(snapshots.signingKeys(), systemClock.now()),
    outbox: config.isDevelopment ? (to) => readOutbox(bus, to) : undefined,
  });
  const oauth = new Oauth({
    bus,
    log,
    publicUrl: config.publicUrl,
    apps: snapshots.apps,
    signing: snapshots.signing,
    signingKeys: snapshots.signingKeys,
    cookieKey: secretsOf(config.secret)('oauth-cookies-mac'),
    catchUpMs,
  });
  addOauthRoutes(edge, { oauth, gatekeepers, log, publicUrl: config.publicUrl });
  addLetterRoutes(edge, {
    letters: new Letters({ asker: new Asker(bus), authenticator: gatekeepers.authenticator }),
    gatekeepers,
    publicUrl: config.publicUrl,
  });
  const app = await listen(edge, config, log);
  // Listening on a host and port, so never a pipe's name.
  const { port } = edge.server.address() as AddressInfo;
  return {
    url: `http://${config.httpHost}:${port}`,
    notReady,
    routes,
    stop: async () => {
      draining.abort();
      // No connection is closed that an answer still comes over.
      await Promise.all([inference.stop(), app.close()]);
      await gatekeepers.close();
      await snapshots.close();
    },
  };
};
