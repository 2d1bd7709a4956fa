export { denial, denialOf } from './access.ts';
export type { SnapshotContract } from './bucket.ts';
export * from './light.ts';
export { NatsServer, type NatsServerOptions } from './nats.server.ts';
export { type HandlerOf, Serves, transportId } from './serves.ts';
export { type PublishOptions, publishSnapshot, type SnapshotPublisher } from './snapshot-publisher.ts';
export { type SnapshotWatcher, type WatchOptions, watchSnapshot } from './snapshot-watcher.ts';
