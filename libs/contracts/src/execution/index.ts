export * from './attempts/operations.ts';
export * from './attempts/types.ts';
export { type ExecutionEvent, ExecutionEvents } from './events.ts';
export { runEndTypes } from './runs/events.ts';
export * from './runs/operations.ts';
export * from './runs/types.ts';
export { type JoinToken, readJoinToken, writeJoinToken } from './workers/join-token.ts';
export * from './workers/operations.ts';
export * from './workers/types.ts';
