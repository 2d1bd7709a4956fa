/** The one stream of an organization's money. */
export const ledgerStream = (orgId: string): string => `ledger-${orgId}`;
