import { EventStore, openDatabase, poolOf } from '@orrery/event-store';
import { type Bus, connectBus } from '@orrery/messaging';
import {
  addressOf,
  configOf,
  databaseUrlOf,
  type Environment,
  explained,
  keksOf,
  nameOfDatabase,
  requireSameSecret,
  type ServiceConfig,
  type ServiceLog,
  secretsOf,
  serviceVariables,
} from '@orrery/process';
import { z } from 'zod';

export interface OpenLog {
  readonly store: EventStore;
  readonly bus: Bus;
}

/** Opens a service's log without the service: it may be running, or not. */
export const withStore = async <T>(
  log: ServiceLog,
  env: Environment,
  work: (store: EventStore, config: ServiceConfig) => Promise<T>,
): Promise<T> => {
  const config = configOf(`the operator's command for ${log.name}`, z.object(serviceVariables(log.name)), env);
  const url = databaseUrlOf(log.name, config);
  const dataSource = await openDatabase({ url, applicationName: 'orrery operator', poolSize: 4 }).catch((error: unknown) => {
    throw explained({ title: 'PostgreSQL', address: addressOf(url), variable: 'ORRERY_POSTGRES_URL' }, error);
  });
  try {
    const secrets = secretsOf(config.secret);
    await requireSameSecret(poolOf(dataSource), nameOfDatabase(url), secrets);
    const { events, upcasters = [], views = [] } = log;
    const store = new EventStore({ dataSource, service: log.name, events, upcasters, views, keks: keksOf(config, secrets) });
    try {
      return await work(store, config);
    } finally {
      await store.close();
    }
  } finally {
    await dataSource.destroy();
  }
};

/** The same with the bus. */
export const withLog = <T>(log: ServiceLog, env: Environment, work: (open: OpenLog) => Promise<T>): Promise<T> =>
  withStore(log, env, async (store, config) => {
    const credentials = config.natsCreds ? { credentials: config.natsCreds } : {};
    const bus = await connectBus({
      url: config.natsUrl,
      name: 'operator',
      inboxPrefix: '_INBOX_operator',
      firstConnectMs: 5_000,
      ...credentials,
    }).catch((error: unknown) => {
      throw explained({ title: 'NATS', address: addressOf(config.natsUrl), variable: 'ORRERY_NATS_URL' }, error);
    });
    try {
      return await work({ store, bus });
    } finally {
      await bus.close();
    }
  });
