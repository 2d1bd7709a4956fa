export { accountsOf } from './accounts.ts';
export { authorityOf, type BusAuthority } from './authority.ts';
export { type BusKeys, completeKeys } from './keys.ts';
export { type AccountName, busUsers, type Rights, rightsOfService, services } from './rights.ts';
