export { denial, denialOf } from './access.ts';
export type { SnapshotContract } from './bucket.ts';
export * from './light.ts';
export { NatsServer, type NatsServerOptions } from './nats.server.ts';
export { OfficeDesk, type OfficeDeskOptions } from './office-desk.ts';
export { Serves } from './serves.ts';
export { publishSnapshot, type SnapshotPublisher } from './snapshot-publisher.ts';
export { type SnapshotWatcher, watchSnapshot } from './snapshot-watcher.ts';
export { tellTruth } from './tell-truth.ts';
