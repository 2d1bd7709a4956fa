import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';

const chanceBytes = 24;
const macBytes = 16;

export interface Proven<I> {
  readonly id: I;
  /** SHA-256 of the whole, hex: what is kept of it. */
  readonly hash: string;
}

/**
 * Tokens of the form `<id>.<192 random bits>.<proof>`: what they belong to is found by its id, the token compared by its hash. The
 * proof says that this platform made it, for this purpose: what somebody made up is refused without a look at anything.
 */
export class ProvenTokens<S extends z.ZodType<string>> {
  constructor(
    private readonly key: Buffer,
    private readonly purpose: string,
    private readonly idSchema: S,
  ) {}

  mint(id: z.output<S>): Proven<z.output<S>> & { readonly token: string } {
    const body = `${id}.${randomBytes(chanceBytes).toString('base64url')}`;
    const token = `${body}.${this.proofOf(body).toString('base64url')}`;
    return { token, id, hash: hashOf(token) };
  }

  parse(token: string): Proven<z.output<S>> | undefined {
    const [id = '', chance = '', proof = '', ...more] = token.split('.');
    const parsed = this.idSchema.safeParse(id);
    const given = Buffer.from(proof, 'base64url');
    if (!parsed.success || given.length !== macBytes || more.length > 0) return undefined;
    return timingSafeEqual(given, this.proofOf(`${id}.${chance}`)) ? { id: parsed.data, hash: hashOf(token) } : undefined;
  }

  private proofOf(body: string): Buffer {
    return createHmac('sha256', this.key).update(`${this.purpose}\n${body}`).digest().subarray(0, macBytes);
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
