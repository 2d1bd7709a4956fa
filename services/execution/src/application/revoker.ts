import { readFile } from 'node:fs/promises';
import { systemClock } from '@orrery/kernel';
import { type Bus, connectBus } from '@orrery/messaging';
import { type Account, decode, encodeAccount, fromSeed, type KeyPair } from 'nats-jwt';
import { z } from 'zod';

const answerMs = 3_000;

const Answer = z.object({ data: z.object({ code: z.literal(200) }) });

const blockOf = (title: string, text: string): string => {
  const [, content] = new RegExp(`-----BEGIN ${title}-----\\s+(\\S+)`).exec(text) ?? [];
  if (content === undefined) throw new Error(`ORRERY_NATS_REVOKER has no ${title}: it must be the path of a file that infra/nats made`);
  return content;
};

interface Authority {
  /** The claims of the account as the server has them from its configuration. */
  readonly token: string;
  readonly signer: KeyPair;
}

/** Tells the servers of the bus which users of the account are let in no more. They forget it when they are started again. */
export class Revoker {
  readonly bus: Bus;
  private readonly authority: Authority;

  private constructor(bus: Bus, authority: Authority) {
    this.bus = bus;
    this.authority = authority;
  }

  /** `path` is of a .creds file that also holds the claims of the account and a key that signs for the operator. */
  static async open(url: string, path: string): Promise<Revoker> {
    const text = await readFile(path, 'utf8');
    const signer = fromSeed(new TextEncoder().encode(blockOf('OPERATOR SIGNING SEED', text)));
    const authority = { token: blockOf('NATS ACCOUNT JWT', text), signer };
    return new Revoker(await connectBus({ url, name: 'revoker', inboxPrefix: '_INBOX_revoker', credentials: path }), authority);
  }

  /** These and nobody else; who is connected is cut off. */
  async revoke(publicKeys: readonly string[]): Promise<void> {
    const { token, signer } = this.authority;
    const claims = decode<Account>(token);
    const now = Math.floor(systemClock.now() / 1_000);
    const revocations = Object.fromEntries(publicKeys.map((key) => [key, now]));
    const next = await encodeAccount(claims.name, claims.sub, { ...claims.nats, revocations }, { signer });
    const answer = await this.bus.connection.request(`$SYS.REQ.ACCOUNT.${claims.sub}.CLAIMS.UPDATE`, next, { timeout: answerMs });
    const { success } = Answer.safeParse(answer.json());
    if (!success) throw new Error(`the bus does not take the claims of its account: ${answer.string().slice(0, 500)}`);
  }

  close(): Promise<void> {
    return this.bus.close();
  }
}
