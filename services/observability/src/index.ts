export { observability } from './observability.module.ts';
