import { instant, integer, nullable, type TableRow, table, text } from '@orrery/event-store';

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
