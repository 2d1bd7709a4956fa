import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import type { INestMicroservice, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  EventStore,
  type EventStoreOptions,
  followViews,
  InvalidCursor,
  isPublished,
  keepHouse,
  migrate,
  Overloaded,
  openDatabase,
  poolOf,
  prepareViews,
  reportDurability,
  startConsumers,
  startRelay,
} from '@orrery/event-store';
import type { Rejection } from '@orrery/kernel';
import { NatsServer } from '@orrery/messaging';
import { type Log, nestLog } from '@orrery/telemetry';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { Closing } from './closing.ts';
import { erasing } from './erasing.ts';
import type { Running, Surroundings } from './program.ts';
import { addressOf, reach } from './reach.ts';
import { reachBus } from './reach-bus.ts';
import { requireSameSecret } from './same-secret.ts';
import { keksOf, secretsOf } from './secrets.ts';
import type { Deps, ServiceConfig, ServiceConfigSchema, ServiceDefinition } from './service-definition.ts';
import { databaseUrlName, databaseUrlOf, nameOfDatabase } from './variables.ts';

const drainMs = 10_000;

const openLog = async (
  definition: Pick<ServiceDefinition<ServiceConfigSchema>, 'name' | 'migrations'>,
  url: string,
  { config, log, startMs, signal }: Surroundings<ServiceConfig>,
  closing: Closing,
): Promise<DataSource> => {
  const { name, migrations = [] } = definition;
  const open = async (): Promise<DataSource> =>
    await openDatabase({ url, applicationName: `orrery ${name}`, migrations, poolSize: config.poolSize });
  const variable = config.databaseUrl ? databaseUrlName(name) : 'ORRERY_POSTGRES_URL';
  const database = await reach({ title: 'PostgreSQL', address: addressOf(url), variable }, open, { log, ms: startMs, signal });
  closing.add('database', () => database.destroy());
  const applied = await migrate(database);
  if (applied.length > 0) log.info({ applied }, 'migrated');
  return database;
};

/** What keeps Nest from starting is thrown as well, and said once by whoever catches it. */
const nestLogOf = (log: Log): LoggerService => {
  const said = nestLog(log);
  const error = (message: unknown, ...extras: unknown[]): void => {
    if (extras.at(-1) !== 'ExceptionHandler') said.error(message, ...extras);
  };
  return { ...said, error };
};

/** Nest wants a class to hang a module on; each service gets its own. */
const serve = async <S extends ServiceConfigSchema>(
  definition: ServiceDefinition<S>,
  deps: Deps<Readonly<z.output<S>>>,
  strategy: NatsServer,
): Promise<INestMicroservice> => {
  class Root {}
  return await NestFactory.createMicroservice(
    { module: Root, ...definition.module(deps) },
    { strategy, logger: nestLogOf(deps.log), abortOnError: false },
  );
};

/** The log with its views: as declared before anybody appends or reads, and followed where they follow behind. */
const startLog = async (options: EventStoreOptions, log: Log, closing: Closing): Promise<EventStore> => {
  const store = new EventStore(options);
  closing.add('log', () => store.close());
  for (const built of await prepareViews(store)) log.info({ ...built }, 'built a view');
  const following = followViews(store, { log });
  closing.add('views', () => following.stop());
  const housekeeping = keepHouse(store);
  closing.add('housekeeping', () => housekeeping.stop());
  return store;
};

const flushMs = 2_000;
const flushEveryMs = 20;

/** Waits a little for the relay to come to the end of the log. What is left then is published by the next relay. */
const published = async (store: EventStore): Promise<void> => {
  const until = performance.now() + flushMs;
  while (performance.now() < until && !(await isPublished(store))) await pause(flushEveryMs);
};

/** What the log's errors mean to a caller, where nothing is broken. */
const refusalOf = (error: unknown): Rejection | undefined => {
  if (error instanceof InvalidCursor) {
    return {
      code: 'InvalidInput',
      details: { issues: [{ path: ['cursor'], message: `${error.message}: take it from the page before`, code: 'cursor' }] },
    };
  }
  return error instanceof Overloaded ? { code: 'Overloaded', details: {} } : undefined;
};

/** Brings a service up: database, log, bus, then work; and leaves behind, in `closing`, the way back. */
const build = async <S extends ServiceConfigSchema>(
  definition: ServiceDefinition<S>,
  surroundings: Surroundings<Readonly<z.output<S>>>,
  closing: Closing,
): Promise<void> => {
  const { name, events, upcasters = [], views = [] } = definition;
  const { config, health, log } = surroundings;
  const databaseUrl = databaseUrlOf(name, config);
  const database = await openLog(definition, databaseUrl, surroundings, closing);
  const secrets = secretsOf(config.secret);
  await requireSameSecret(poolOf(database), nameOfDatabase(databaseUrl), secrets);
  health.check('postgres', () => poolOf(database).query('SELECT 1'));
  const bus = await reachBus(surroundings);
  closing.add('bus', () => bus.close());
  health.check('nats', () => bus.isConnected);
  await reportDurability(bus.connection, log);
  const store = await startLog(
    { dataSource: database, service: name, events, upcasters, views, keks: keksOf(config, secrets) },
    log,
    closing,
  );
  const deps = { ...surroundings, store, database, databaseUrl, bus, nats: bus.connection, secrets };
  const strategy = new NatsServer({
    bus,
    service: name,
    drainMs,
    refusalOf,
    onFault: ({ operation, correlationId, error }) => log.error({ err: error, operation, correlationId }, 'a request failed'),
  });
  // Before the requests, so that it is closed after them: it publishes what the last of them appended.
  const relay = startRelay({ store, nats: bus.connection, log });
  closing.add('relay', async () => {
    if (relay.isActive() && bus.isConnected) await published(store);
    await relay.stop();
  });
  const app = await serve(definition, deps, strategy);
  closing.add('requests', () => app.close(), drainMs + 2_000);
  await app.listen();
  health.check('requests', () => strategy.isReady);
  const own = definition.consumers?.(deps) ?? [];
  const consumers = [...own, ...erasing(store, events, own)];
  if (consumers.length > 0) {
    const consuming = startConsumers({ consumers, store, nats: bus.connection, log });
    closing.add('consumers', () => consuming.stop());
  }
  const running = await definition.start?.(deps);
  if (running) closing.add('own work', () => running.stop());
};

export const startService = async <S extends ServiceConfigSchema>(
  definition: ServiceDefinition<S>,
  surroundings: Surroundings<Readonly<z.output<S>>>,
): Promise<Running> => {
  const closing = new Closing(surroundings.log);
  try {
    await build(definition, surroundings, closing);
  } catch (error) {
    await closing.run();
    throw error;
  }
  return {
    stop: () => closing.finish(definition.name),
  };
};
