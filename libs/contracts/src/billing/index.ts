export * from './events.ts';
export * from './operations.ts';
export * from './snapshots.ts';
export * from './types.ts';
