export { catalog } from './catalog.module.ts';
