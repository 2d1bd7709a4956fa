import { type Instant, instantOf, newId, type UserId } from '@orrery/contracts';
import {
  type EventStore,
  instant,
  integer,
  nullable,
  type SealedColumn,
  type TableRow,
  table,
  text,
  uuid,
  type Write,
  write,
} from '@orrery/event-store';
import { z } from 'zod';
import type { Letter } from '../../domain/letters/letter.ts';
import type { ClaimKey } from '../users/claim-key.ts';

/** `letter`: to be sent as it is. The others are wishes: whether there is anything to be sent, and what, is found out later. */
export type LetterKind = 'letter' | WishKind;
export type WishKind = 'reset-wish' | 'verification-wish';

/** `kept`: nothing to send it with. `given-up`: too late, or refused for good. */
export type LetterState = 'waiting' | 'sent' | 'kept' | 'given-up';

export const letters = table({
  table: 'letters',
  columns: {
    id: uuid(),
    kind: text<LetterKind>(),
    person: nullable(uuid<UserId>()),
    /** The address under a keyed hash. */
    recipient: text(),
    sealed: nullable(text()),
    state: text<LetterState>(),
    tries: integer(),
    dueAt: instant(),
    expiresAt: instant(),
    createdAt: instant(),
    endedAt: nullable(instant()),
  },
  key: ['id'],
});
export type LetterRow = TableRow<typeof letters>;

const Sealed = z.object({ to: z.string(), subject: z.string(), text: z.string() });
const bindingOf = (id: string): string => `letter ${id}`;

/** For a change of the key-encryption key. */
export const sealedLetters: SealedColumn = {
  table: 'letters',
  column: 'sealed',
  key: { id: 'uuid' },
  bindingOf: ({ id = '' }) => bindingOf(id),
};

export interface Slip {
  readonly kind?: LetterKind;
  /** Whom it tells of, so that it goes when they go. */
  readonly person?: UserId | null;
  /** After this moment nobody wants it any more. */
  readonly expiresAt: Instant;
  /** In place of the wish with this id. */
  readonly id?: string;
}

/** A letter for the outbox, as part of whatever is committed with it: it is sent if that happened, and only then. */
export const slipOf = (
  { store, claimKey }: { readonly store: EventStore; readonly claimKey: ClaimKey },
  letter: Letter,
  { kind = 'letter', person = null, expiresAt, id = newId(z.uuid()) }: Slip,
  now: number,
): Write => {
  const at = instantOf(now);
  const sealed = store.sealer.sealText(JSON.stringify(letter), bindingOf(id));
  const recipient = claimKey.ofEmail(letter.to);
  const fresh = { state: 'waiting', tries: 0, dueAt: at, createdAt: at, endedAt: null } as const;
  return write(letters, { put: { id, kind, person, recipient, sealed, expiresAt, ...fresh } });
};

/** What is in a row; undefined where it is gone. */
export const letterIn = (store: EventStore, { id, sealed }: Pick<LetterRow, 'id' | 'sealed'>): Letter | undefined =>
  sealed === null ? undefined : Sealed.parse(JSON.parse(store.sealer.openText(sealed, bindingOf(id))));

const columns = `id, kind, person, recipient, sealed, state, tries::text AS tries, due_at AS "dueAt", expires_at AS "expiresAt",
  created_at AS "createdAt", ended_at AS "endedAt"`;

const pruneBatch = 1_000;

/** The statements of whoever empties the outbox; several processes may. */
export class LettersTable {
  constructor(private readonly store: EventStore) {}

  /** Takes what is due for so long: it is nobody else's meanwhile, and due again if this process dies. */
  async take(limit: number, leaseMs: number): Promise<readonly LetterRow[]> {
    const text = `UPDATE letters SET tries = tries + 1, due_at = now() + $2 * interval '1 ms'
      WHERE id IN (SELECT id FROM letters WHERE state = 'waiting' AND due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
      RETURNING ${columns}`;
    return await this.store.read(letters).rows(text, [limit, leaseMs]);
  }

  /** Later again. */
  async postpone(id: string, ms: number): Promise<void> {
    await this.store.pool.query("UPDATE letters SET due_at = now() + $2 * interval '1 ms' WHERE id = $1 AND state = 'waiting'", [id, ms]);
  }

  /** It is over. What it said is forgotten, unless it is to be read here. */
  async end(id: string, state: LetterState, isKept: boolean): Promise<void> {
    const text = `UPDATE letters SET state = $2, ended_at = now(), sealed = CASE WHEN $3 THEN sealed END WHERE id = $1 AND state = 'waiting'`;
    await this.store.pool.query(text, [id, state, isKept]);
  }

  /** The newest first. */
  async newest(limit: number): Promise<readonly LetterRow[]> {
    const order = { by: ['createdAt'], direction: 'desc' } as const;
    return await this.store.read(letters).list({ where: { kind: 'letter' }, order, limit });
  }

  async drop(id: string): Promise<void> {
    await this.store.pool.query('DELETE FROM letters WHERE id = $1', [id]);
  }

  async dropOf(person: UserId, recipient: string | null, before: Instant): Promise<void> {
    const text = 'DELETE FROM letters WHERE (person = $1 OR recipient = $2) AND created_at < $3';
    await this.store.pool.query(text, [person, recipient, before]);
  }

  /** What nobody wants any more; says how much that was. */
  async prune(): Promise<number> {
    const text = 'DELETE FROM letters WHERE id IN (SELECT id FROM letters WHERE expires_at < now() LIMIT $1)';
    return (await this.store.pool.query(text, [pruneBatch])).rowCount ?? 0;
  }
}
