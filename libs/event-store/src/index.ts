export type { Change, Row, Write } from './change.ts';
export { type DatabaseOptions, openDatabase, poolOf } from './database.ts';
export { ClaimTaken, Repeated, VersionConflict } from './errors.ts';
export { EventStore, type EventStoreOptions, type Loaded, notifyChannel } from './event-store.ts';
export { type Migration, migrate } from './migration.ts';
export { placeOf, sequenceOf } from './place.ts';
export { InvalidEvent, Registry, UnknownEvent, type Upcaster } from './registry.ts';
export type { Append, Claim, Committed, Fact, NewEvent, Once, Unit } from './unit.ts';
