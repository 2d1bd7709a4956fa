import { inference } from '@orrery/contracts';
import type { Bus } from '@orrery/messaging';
import type { Log } from '@orrery/telemetry';
import { follow } from '../../access/follow-snapshots.ts';
import { RouteTable } from './route-table.ts';

export interface FollowedRoutes {
  readonly table: RouteTable;
  readonly close: () => Promise<void>;
}

/** What inference publishes for gateways: it stays in memory while inference and the bus are away. */
export const followRoutes = (bus: Bus, { log, gatewayKey }: { log: Log; gatewayKey: Buffer }): FollowedRoutes => {
  const onFault = (err: unknown, upstream: string): void => log.warn({ err, upstream }, 'the credential of an upstream cannot be opened');
  const table = new RouteTable({ gatewayKey, onFault });
  const followed = [
    follow(bus, inference.Snapshots.upstreams, { into: table.upstreams, log }),
    follow(bus, inference.Snapshots.routes, { into: table.routes, log }),
  ];
  return {
    table,
    close: async () => {
      await Promise.all(followed.map((watcher) => watcher.close()));
    },
  };
};
