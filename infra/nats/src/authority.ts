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
}

const unlimited = -1;

const credsOf = async (name: string, seed: string, rights: Rights, { seed: account, signing }: AccountPlan): Promise<string> => {
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

/**
 * One operator, an account for the platform and one for readers of its events, one user per process. The accounts are preloaded, so
 * that the server needs no push and no directory: a change is a new file and a reload.
 */
export const authorityOf = async (keys: BusKeys, users: Readonly<Record<string, Rights>>): Promise<BusAuthority> => {
  const operator = pairOf(keys.operator);
  const system = pairOf(keys.system);
  const systemId = system.getPublicKey();
  const accounts = accountsOf(keys);
  const preloadOf = async ({ title, seed, claims }: AccountPlan): Promise<string> => {
    const account = pairOf(seed);
    return `  ${account.getPublicKey()}: ${await encodeAccount(title, account, claims, { signer: operator })}`;
  };
  const [operatorToken, ...preloads] = await Promise.all([
    encodeOperator('orrery', operator, { system_account: systemId }),
    preloadOf({ title: 'SYS', seed: keys.system, signing: keys.system, claims: {} }),
    ...Object.values(accounts).map(preloadOf),
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
  return { config, creds: Object.fromEntries(await Promise.all(credsByUser)) };
};
