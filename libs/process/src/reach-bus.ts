import { type Bus, connectBus } from '@orrery/messaging';
import type { Surroundings } from './program.ts';
import { addressOf, reach } from './reach.ts';

interface BusConfig {
  readonly natsUrl: string;
  readonly natsCreds?: string | undefined;
}

/** Connects a program to the bus under its own name, and waits for the bus where it is not there yet. */
export const reachBus = ({ name, config, log, startMs, signal }: Surroundings<BusConfig>): Promise<Bus> => {
  const { natsUrl: url, natsCreds } = config;
  const open = (): Promise<Bus> =>
    connectBus({ url, name, inboxPrefix: `_INBOX_${name}`, firstConnectMs: 0, ...(natsCreds ? { credentials: natsCreds } : {}) });
  return reach({ title: 'NATS', address: addressOf(url), variable: 'ORRERY_NATS_URL' }, open, { log, ms: startMs, signal });
};
