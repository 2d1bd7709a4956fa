import { readFile } from 'node:fs/promises';
import { execution } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { askAsAgentSubject } from '@orrery/messaging';
import { createUser, encodeUser, fmtCreds, fromSeed, type KeyPair, parseCreds } from 'nats-jwt';

export interface CredentialOptions {
  /** Where agents reach the bus. */
  readonly natsUrl: string;
  /** Of the account, or of a key that signs for it. Absent: the bus asks for no credentials. */
  readonly seed?: string | undefined;
  /** Path of this service's own credentials: they name the account, where the seed is not the account's own. */
  readonly ownCreds?: string | undefined;
  /** How long they last. A machine renews its own long before. */
  readonly lifeSeconds: number;
}

const unlimited = -1;
const answerWithinNanos = 60_000_000_000;

/** What a machine may say and hear: its own subjects, and the inboxes of those who ask it something. */
const rightsOfAgent = (workerId: string) => ({
  pub: {
    allow: [
      askAsAgentSubject(execution.BeatWorker, workerId),
      askAsAgentSubject(execution.ReportAttempt, workerId),
      askAsAgentSubject(execution.RenewWorker, workerId),
      `tele.output.${workerId}.>`,
      `tele.metrics.${workerId}`,
    ],
    deny: [],
  },
  sub: { allow: [`agent.${workerId}.>`, `_INBOX_agent.${workerId}.>`], deny: [] },
  // It may answer whoever asked it, where they said, and nowhere else.
  resp: { max: 10, ttl: answerWithinNanos },
});

interface Signer {
  readonly pair: KeyPair;
  readonly account: string | undefined;
}

const signerOf = async (seed: string, ownCreds: string | undefined): Promise<Signer> => {
  const pair = fromSeed(new TextEncoder().encode(seed));
  const account = ownCreds === undefined ? undefined : (await parseCreds(await readFile(ownCreds))).aid;
  return { pair, account: account === pair.getPublicKey() ? undefined : account };
};

/** Makes the credentials of machines. */
export class AgentCredentials {
  readonly natsUrl: string;
  private readonly signer: Signer | undefined;
  private readonly lifeSeconds: number;

  private constructor({ natsUrl, lifeSeconds }: CredentialOptions, signer: Signer | undefined) {
    this.natsUrl = natsUrl;
    this.lifeSeconds = lifeSeconds;
    this.signer = signer;
  }

  static async open(options: CredentialOptions): Promise<AgentCredentials> {
    const { seed, ownCreds } = options;
    return new AgentCredentials(options, seed === undefined ? undefined : await signerOf(seed, ownCreds));
  }

  /** The text of a .creds file; null where the bus asks for none. */
  async mint(workerId: execution.WorkerId): Promise<string | null> {
    if (!this.signer) return null;
    const { pair, account } = this.signer;
    const user = createUser();
    const claims = {
      ...(account === undefined ? {} : { issuer_account: account }),
      ...rightsOfAgent(workerId),
      subs: unlimited,
      data: unlimited,
      payload: unlimited,
    };
    // Judged by the clock of the bus. The machine's own clock has no say: it counts from when it got them.
    const exp = Math.ceil(systemClock.now() / 1_000 + this.lifeSeconds);
    const token = await encodeUser(`agent-${workerId}`, user, pair, claims, { exp });
    return new TextDecoder().decode(fmtCreds(token, user));
  }
}
