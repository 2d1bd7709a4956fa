import { readFile } from 'node:fs/promises';
import { execution, instantOf } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { askAsAgentSubject } from '@orrery/messaging';
import { createUser, encodeUser, fmtCreds, fromSeed, type KeyPair, parseCreds } from 'nats-jwt';
import type { AgentKey } from './agent-keys.ts';

export interface CredentialOptions {
  /** Where agents reach the bus. */
  readonly natsUrl: string;
  /** Of the account, or of a key that signs for it. Absent: the bus asks for no credentials. */
  readonly seed?: string | undefined;
  /** Path of this service's own credentials: they name the account, where the seed is not the account's own. */
  readonly ownCreds?: string | undefined;
  /** How long they last. A machine renews its own long before. */
  readonly lifeSeconds: number;
  /** Remembers by what the bus knows credentials, before they are given away. */
  readonly keep: (key: AgentKey) => Promise<void>;
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

export interface Minted {
  /** The text of a .creds file. */
  readonly creds: string;
  /** By what the bus knows them. */
  readonly key: AgentKey;
}

/** Makes the credentials of machines. */
export class AgentCredentials {
  readonly natsUrl: string;
  private readonly options: CredentialOptions;
  private readonly signer: Signer | undefined;

  private constructor(options: CredentialOptions, signer: Signer | undefined) {
    this.natsUrl = options.natsUrl;
    this.options = options;
    this.signer = signer;
  }

  static async open(options: CredentialOptions): Promise<AgentCredentials> {
    const { seed, ownCreds } = options;
    return new AgentCredentials(options, seed === undefined ? undefined : await signerOf(seed, ownCreds));
  }

  /** The text of a .creds file that is good from now on. */
  async renew(workerId: execution.WorkerId): Promise<string | null> {
    const minted = await this.mint(workerId);
    if (minted) await this.options.keep(minted.key);
    return minted?.creds ?? null;
  }

  /** To be kept with whatever lets the machine in. Null where the bus asks for none. */
  async mint(workerId: execution.WorkerId): Promise<Minted | null> {
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
    const exp = Math.ceil(systemClock.now() / 1_000 + this.options.lifeSeconds);
    const token = await encodeUser(`agent-${workerId}`, user, pair, claims, { exp });
    const key = { publicKey: user.getPublicKey(), workerId, expiresAt: instantOf(exp * 1_000) };
    return { creds: new TextDecoder().decode(fmtCreds(token, user)), key };
  }
}
