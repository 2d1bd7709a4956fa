import {
  type DockerEngine,
  type NatsServer,
  type Server,
  startDockerEngine,
  startNatsServer,
  startPostgresServer,
  startRedisServer,
} from '@orrery/servers';
import { scratchDirectory } from './scratch.ts';

/** A nats-server with JetStream of its own, for one test file: `afterAll(() => nats.stop())`. */
export const startNats = (options: { readonly config?: string } = {}): Promise<NatsServer> =>
  startNatsServer({ dir: scratchDirectory('nats'), ...options });

export const startRedis = (): Promise<Server> => startRedisServer({ dir: scratchDirectory('redis') });

/** A PostgreSQL of its own, for a test that kills it. Others share one server: `freshDatabase`. */
export const startPostgres = (): Promise<Server> => {
  const templates = process.env.ORRERY_POSTGRES_TEMPLATES;
  return startPostgresServer({ dir: scratchDirectory('postgres'), ...(templates === undefined ? {} : { templates }) });
};

/** A Docker engine with no image and no container, for one test file; needs root and Debian's docker.io. */
export const startDocker = (): Promise<DockerEngine> => startDockerEngine({ dir: scratchDirectory('docker') });
