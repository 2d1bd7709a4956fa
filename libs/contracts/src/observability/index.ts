export { copies } from './copies.ts';
export * from './operations.ts';
export * from './types.ts';
