export * from './events.ts';
export * from './limits/events.ts';
export * from './limits/operations.ts';
export * from './limits/types.ts';
export * from './operations.ts';
export * from './snapshots.ts';
export * from './types.ts';
export * from './usage.ts';
