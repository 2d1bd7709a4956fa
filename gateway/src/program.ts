import { type Bus, connectBus } from '@orrery/messaging';
import { Closing, type Program, patiently, program, type Surroundings } from '@orrery/process';
import { GatewayConfig } from './gateway.config.ts';
import { startGateway } from './gateway.ts';

const inboxPrefix = '_INBOX_gateway';
const stopMs = 15_000;

const connect = (name: string, { config, log, startMs, signal }: Surroundings<GatewayConfig>): Promise<Bus> => {
  const { natsUrl: url, natsCreds } = config;
  const open = (): Promise<Bus> =>
    connectBus({ url, name, inboxPrefix, firstConnectMs: 0, ...(natsCreds ? { credentials: natsCreds } : {}) });
  return patiently(`NATS at ${new URL(url).host}`, open, { log, ms: startMs, signal });
};

/** The gateway as a program that a process runs. */
export const gateway: Program = program({
  name: 'gateway',
  config: GatewayConfig,
  start: async (surroundings) => {
    const { config, log, health } = surroundings;
    const closing = new Closing(log);
    const bus = await connect('gateway', surroundings);
    closing.add('bus', () => bus.close());
    const started = await startGateway({ config, bus, log }).catch(async (error: unknown) => {
      await closing.run();
      throw error;
    });
    closing.add('requests', started.stop, stopMs);
    health.check('nats', () => bus.isConnected);
    health.check('snapshots', () => {
      const reason = started.notReady();
      if (reason !== undefined) throw new Error(reason);
    });
    log.info({ url: started.url }, 'the API is served');
    return {
      stop: async () => {
        if (!(await closing.run())) throw new Error('the gateway did not stop in order');
      },
    };
  },
});
