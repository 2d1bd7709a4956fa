import { createHash, generateKeyPairSync, randomUUID, sign as signBytes } from 'node:crypto';
import { type Instant, identity, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { commandRow, type EventStore, metadataOf, Repeated, VersionConflict, write } from '@orrery/event-store';
import type { Clock } from '@orrery/kernel';
import { createSigner } from 'fast-jwt';
import { believed, isDue, lastTokenAt, leadMs, signing } from '../../domain/signing/key-times.ts';
import { type SigningKeyRow, signingKeyBinding, signingKeys } from './signing-keys-table.ts';

/** What an access token says. */
export interface Claims {
  readonly sub: string;
  readonly sid: string;
  /** A second factor was owed when it was signed. */
  readonly sf?: true;
}
type Sign = (claims: Claims) => string;

export interface SigningKeysOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  /** When a key is so old, another one follows it by itself. */
  readonly longestMs: number;
}

interface Wish {
  readonly isCompromised: boolean;
}
type Made = OutputOf<typeof identity.RotateSigningKey>;

const stream = 'signing-keys';
const mostTries = 4;
/** Replicas may have been told of a new key so late. */
const graceMs = 60_000;
const mostKeys = 1_000;

/**
 * The Ed25519 keys that sign access tokens, one after the other. Each is drawn by chance and lies sealed in the database until it signs
 * no more; the public halves go to gateways and to whoever asks for the list of keys.
 */
export class SigningKeys {
  private rows: readonly SigningKeyRow[] = [];
  private readonly signers = new Map<string, Sign>();
  private loading: Promise<void> | undefined;

  constructor(private readonly options: SigningKeysOptions) {}

  /** Resolves when there is a key to sign with. */
  async ready(): Promise<void> {
    if (signing(this.rows, this.now)) return;
    this.loading ??= this.begin().finally(() => {
      this.loading = undefined;
    });
    await this.loading;
  }

  /** For whoever has waited for `ready`. */
  sign(claims: Claims): string {
    const key = signing(this.rows, this.now);
    if (!key) throw new Error('there is no key to sign with');
    return this.signerOf(key)(claims);
  }

  /** The signature of `header.payload` with one of these keys; undefined where it signs no more. Whoever asks has judged what it says. */
  signContent(kid: string, content: string): string | undefined {
    const row = this.rows.find((key) => key.kid === kid);
    if (!row || row.sealed === null || row.activeAt > instantOf(this.now)) return undefined;
    return signBytes(null, Buffer.from(content), this.options.store.sealer.openText(row.sealed, signingKeyBinding(kid))).toString(
      'base64url',
    );
  }

  /** As it is now, for gateways. */
  async snapshotOf(kid: string): Promise<identity.SigningSnapshot | undefined> {
    return (await this.published()).find((key) => key.kid === kid);
  }

  async published(): Promise<readonly identity.SigningSnapshot[]> {
    await this.reload();
    await this.ready();
    return believed(this.rows, this.now).map(({ kid, publicKey: publicKeyPem, activeAt, believedUntil: notAfter }) => ({
      kid,
      publicKeyPem,
      activeAt,
      notAfter,
    }));
  }

  /** Another key, from now on or a little later; in an emergency no token of before is believed. */
  async rotate({ isCompromised }: Wish, context: RequestContext): Promise<Made> {
    const once = commandRow('signing-key', context, { isCompromised });
    for (let tries = 1; ; tries += 1) {
      await this.reload();
      try {
        return await this.make({ isCompromised }, (answer) => ({ once: { ...once, answer }, metadata: metadataOf(context) }));
      } catch (error) {
        if (error instanceof Repeated) return identity.RotateSigningKey.output.parse(error.answer);
        if (!(error instanceof VersionConflict) || tries >= mostTries) throw error;
      }
    }
  }

  /** Hears of keys that others made, makes one when it is time, and forgets what nobody needs. Says which keys gateways must forget. */
  async tend(): Promise<readonly string[]> {
    await this.reload();
    if (isDue(this.rows, this.now, this.options.longestMs)) await this.makeUnlessMade();
    return await this.tidy();
  }

  private get now(): number {
    return this.options.clock.now();
  }

  private async begin(): Promise<void> {
    await this.reload();
    if (!signing(this.rows, this.now)) await this.makeUnlessMade();
  }

  private async reload(): Promise<void> {
    this.rows = await this.options.store.read(signingKeys).list({ order: { by: ['generation'] }, limit: mostKeys });
  }

  /** Somebody else may be quicker, which is as good. */
  private async makeUnlessMade(): Promise<void> {
    const id = randomUUID();
    try {
      await this.make({ isCompromised: false }, () => ({ metadata: { correlationId: id, causationId: id, actor: 'service:identity' } }));
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      await this.reload();
    }
  }

  private async make(
    { isCompromised }: Wish,
    around: (answer: Made) => Pick<Parameters<EventStore['commit']>[0], 'once' | 'metadata'>,
  ): Promise<Made> {
    const at = instantOf(this.now);
    const generation = (this.rows.at(-1)?.generation ?? 0) + 1;
    const isNeededNow = isCompromised || !signing(this.rows, this.now);
    const activeAt = isNeededNow ? at : instantOf(this.now + leadMs);
    const { kid, publicKey, privateKey } = drawn();
    const sealed = this.options.store.sealer.sealText(privateKey, signingKeyBinding(kid));
    const until = isCompromised ? at : lastTokenAt(activeAt);
    const data = { kid, generation, activeAt, formerAreBelieved: !isCompromised, at };
    await this.options.store.commit({
      appends: [{ stream, expected: generation - 1, events: [{ type: 'SigningKeyMade', data }] }],
      writes: [
        write(
          signingKeys,
          { put: { kid, generation, publicKey, sealed, activeAt, believedUntil: null, madeAt: at } },
          ...this.rows.map(({ kid: former, believedUntil }) => ({
            patch: { kid: former },
            set: { believedUntil: believedUntil !== null && believedUntil < until ? believedUntil : until },
          })),
        ),
      ],
      ...around({ kid, activeAt }),
    });
    await this.reload();
    return { kid, activeAt };
  }

  /** Private keys go as soon as nobody signs with them any more, and keys altogether when nobody believes them any more. */
  private async tidy(): Promise<readonly string[]> {
    const { store } = this.options;
    const silent = instantOf(this.now - graceMs);
    await store.pool.query(
      `UPDATE signing_keys AS k SET sealed = NULL WHERE sealed IS NOT NULL AND EXISTS (
        SELECT FROM signing_keys n WHERE n.generation > k.generation AND n.active_at < $1)`,
      [silent],
    );
    const gone: Instant = instantOf(this.now);
    const { rows } = await store.pool.query<{ kid: string }>('DELETE FROM signing_keys WHERE believed_until <= $1 RETURNING kid', [gone]);
    for (const { kid } of rows) this.signers.delete(kid);
    if (rows.length > 0) await this.reload();
    return rows.map(({ kid }) => kid);
  }

  private signerOf({ kid, sealed }: SigningKeyRow): Sign {
    const known = this.signers.get(kid);
    if (known) return known;
    if (sealed === null) throw new Error(`the key ${kid} signs no more`);
    const key = this.options.store.sealer.openText(sealed, signingKeyBinding(kid));
    const sign: Sign = createSigner({
      key,
      algorithm: 'EdDSA',
      kid,
      header: { alg: 'EdDSA', typ: identity.accessTokenType },
      iss: identity.tokenIssuer,
      aud: identity.tokenAudience,
      expiresIn: identity.accessTokenSeconds * 1_000,
    });
    this.signers.set(kid, sign);
    return sign;
  }
}

const drawn = (): { readonly kid: string; readonly publicKey: string; readonly privateKey: string } => {
  const pair = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  // Hex: it is a key of the snapshot too, and those may not begin with every character of base64url.
  return { ...pair, kid: createHash('sha256').update(pair.publicKey).digest('hex').slice(0, 16) };
};
