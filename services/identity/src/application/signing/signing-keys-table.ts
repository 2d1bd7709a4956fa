import { instant, integer, nullable, type SealedColumn, type TableRow, table, text } from '@orrery/event-store';

export const signingKeys = table({
  table: 'signing_keys',
  columns: {
    kid: text(),
    generation: integer(),
    /** SPKI, PEM. */
    publicKey: text(),
    /** PKCS #8 under the key-encryption key; null once it signs no more. */
    sealed: nullable(text()),
    activeAt: instant(),
    believedUntil: nullable(instant()),
    madeAt: instant(),
  },
  key: ['kid'],
});
export type SigningKeyRow = TableRow<typeof signingKeys>;

/** What a private key is bound to. */
export const signingKeyBinding = (kid: string): string => `signing-key ${kid}`;

/** For a change of the key-encryption key. */
export const sealedSigningKeys: SealedColumn = {
  table: 'signing_keys',
  column: 'sealed',
  key: { kid: 'text' },
  bindingOf: ({ kid = '' }) => signingKeyBinding(kid),
};
