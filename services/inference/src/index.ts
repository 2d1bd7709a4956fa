export { inference } from './inference.module.ts';
