import { Closing, type Program, program, reachBus } from '@orrery/process';
import { GatewayConfig } from './gateway.config.ts';
import { startGateway } from './gateway.ts';

const stopMs = 15_000;

/** The gateway as a program that a process runs. */
export const gateway: Program = program({
  name: 'gateway',
  config: GatewayConfig,
  start: async (surroundings) => {
    const { config, log, health } = surroundings;
    const closing = new Closing(log);
    const bus = await reachBus(surroundings);
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
      stop: () => closing.finish('the gateway'),
    };
  },
});
