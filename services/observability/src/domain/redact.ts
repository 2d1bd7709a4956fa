import type { EventContract } from '@orrery/contracts';

const erased = '[personal]';

/**
 * The data of an event without what tells of a person. The index is a copy that no key erases, so it never holds such fields.
 */
export const redacted = (contract: Pick<EventContract, 'personal'>, data: object): Record<string, unknown> => {
  const personal = new Set(contract.personal?.fields ?? []);
  return Object.fromEntries(Object.entries(data).map(([field, value]) => [field, personal.has(field) && value !== null ? erased : value]));
};
