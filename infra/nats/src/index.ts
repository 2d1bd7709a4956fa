export { authorityOf, type BusAuthority } from './authority.ts';
export { type BusKeys, completeKeys } from './keys.ts';
export { busUsers, type Rights, rightsOfService, services } from './rights.ts';
