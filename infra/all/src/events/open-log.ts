import { EventStore, openDatabase, poolOf } from '@orrery/event-store';
import { type Bus, connectBus } from '@orrery/messaging';
import {
  addressOf,
  configOf,
  databaseUrlOf,
  type Environment,
  explained,
  nameOfDatabase,
  requireSameSecret,
  type ServiceLog,
  secretsOf,
  serviceVariables,
} from '@orrery/process';
import { z } from 'zod';

export interface OpenLog {
  readonly store: EventStore;
  readonly bus: Bus;
}

/** Opens a service's log and the bus without the service: it may be running, or not. */
export const withLog = async <T>(log: ServiceLog, env: Environment, work: (open: OpenLog) => Promise<T>): Promise<T> => {
  const config = configOf(`events of ${log.name}`, z.object(serviceVariables(log.name)), env);
  const url = databaseUrlOf(log.name, config);
  const dataSource = await openDatabase({ url, applicationName: 'orrery events', poolSize: 4 }).catch((error: unknown) => {
    throw explained({ title: 'PostgreSQL', address: addressOf(url), variable: 'ORRERY_POSTGRES_URL' }, error);
  });
  try {
    const secrets = secretsOf(config.secret);
    await requireSameSecret(poolOf(dataSource), nameOfDatabase(url), secrets);
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
    const { events, upcasters = [], views = [] } = log;
    const store = new EventStore({ dataSource, service: log.name, events, upcasters, views, keks: [secrets('seal-kek')] });
    try {
      return await work({ store, bus });
    } finally {
      await store.close();
      await bus.close();
    }
  } finally {
    await dataSource.destroy();
  }
};
