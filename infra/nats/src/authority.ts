import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from 'nats-jwt';
import { type AccountPlan, accountsOf } from './accounts.ts';
import { type BusKeys, pairOf } from './keys.ts';
import type { Rights } from './rights.ts';

/** What a server must be told, and what each user must show. */
export interface BusAuthority {
  /** Lines for nats.conf. */
  readonly config: string;
  /** The text of a .creds file by user. */
  readonly creds: Readonly<Record<string, string>>;
  /** The text of a file with which execution has the bus turn away machines that were removed: a .creds file, and what it signs with. */
  readonly revoker: string;
}

const unlimited = -1;

const credsOf = async (
  name: string,
  seed: string,
  rights: Pick<Rights, 'publish' | 'subscribe'>,
  { seed: account, signing }: AccountPlan,
): Promise<string> => {
  const user = pairOf(seed);
  const token = await encodeUser(name, user, pairOf(signing), {
    ...(signing === account ? {} : { issuer_account: pairOf(account).getPublicKey() }),
    pub: { allow: [...rights.publish], deny: [] },
    sub: { allow: [...rights.subscribe], deny: [] },
    subs: unlimited,
    data: unlimited,
    payload: unlimited,
  });
  return new TextDecoder().decode(fmtCreds(token, user));
};

const block = (title: string, text: string): string => `-----BEGIN ${title}-----\n${text}\n------END ${title}------\n`;

/** May change the claims of one account, and they must be signed: with these two keys nothing else can be done. */
const revokerOf = async (keys: BusKeys, system: AccountPlan, accountToken: string): Promise<string> => {
  const update = `$SYS.REQ.ACCOUNT.${pairOf(keys.account).getPublicKey()}.CLAIMS.UPDATE`;
  const creds = await credsOf('revoker', keys.revoker, { publish: [update], subscribe: ['_INBOX_revoker.>'] }, system);
  return `${creds}\n${block('NATS ACCOUNT JWT', accountToken)}\n${block('OPERATOR SIGNING SEED', keys.revoking)}`;
};

/**
 * One operator, an account for the platform and one for readers of its events, one user per process. The accounts are preloaded, so
 * that the server needs no push and no directory: a change is a new file and a reload.
 */
export const authorityOf = async (keys: BusKeys, users: Readonly<Record<string, Rights>>): Promise<BusAuthority> => {
  const operator = pairOf(keys.operator);
  const systemId = pairOf(keys.system).getPublicKey();
  const accounts = accountsOf(keys);
  const tokenOf = ({ title, seed, claims }: AccountPlan): Promise<string> =>
    encodeAccount(title, pairOf(seed), claims, { signer: operator });
  const preload = async (plan: AccountPlan): Promise<string> => `  ${pairOf(plan.seed).getPublicKey()}: ${await tokenOf(plan)}`;
  const [operatorToken, ...preloads] = await Promise.all([
    encodeOperator('orrery', operator, { system_account: systemId, signing_keys: [pairOf(keys.revoking).getPublicKey()] }),
    ...Object.values(accounts).map(preload),
  ]);
  const config = [
    `operator: ${operatorToken}`,
    `system_account: ${systemId}`,
    'resolver: MEMORY',
    'resolver_preload {',
    ...preloads,
    '}',
  ].join('\n');
  const credsByUser = Object.entries(users).map(async ([name, rights]) => {
    return [name, await credsOf(name, keys.users[name] ?? '', rights, accounts[rights.account])] as const;
  });
  const creds = Object.fromEntries(await Promise.all(credsByUser));
  return { config, creds, revoker: await revokerOf(keys, accounts.system, await tokenOf(accounts.platform)) };
};
