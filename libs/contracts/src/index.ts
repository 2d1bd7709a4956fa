export * from './context.ts';
export * from './define.ts';
export * from './money.ts';
export * from './values.ts';
