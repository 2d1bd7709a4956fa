export { identity } from './identity.module.ts';
