import { type Account, encodeAccount, encodeOperator, encodeUser, fmtCreds } from 'nats-jwt';
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

const accountLimits: Account['limits'] = {
  subs: unlimited,
  data: unlimited,
  payload: unlimited,
  imports: unlimited,
  exports: unlimited,
  wildcards: true,
  conn: unlimited,
  leaf: unlimited,
  mem_storage: unlimited,
  disk_storage: unlimited,
  streams: unlimited,
  consumer: unlimited,
};

const credsOf = async (keys: BusKeys, name: string, rights: Rights): Promise<string> => {
  const user = pairOf(keys.users[name] ?? '');
  const token = await encodeUser(name, user, pairOf(keys.signing), {
    issuer_account: pairOf(keys.account).getPublicKey(),
    pub: { allow: [...rights.publish], deny: [] },
    sub: { allow: [...rights.subscribe], deny: [] },
    subs: unlimited,
    data: unlimited,
    payload: unlimited,
  });
  return new TextDecoder().decode(fmtCreds(token, user));
};

/**
 * One operator, one account for the platform, one user per process. The accounts are preloaded, so that the server needs no
 * push and no directory: a change is a new file and a reload.
 */
export const authorityOf = async (keys: BusKeys, users: Readonly<Record<string, Rights>>): Promise<BusAuthority> => {
  const operator = pairOf(keys.operator);
  const system = pairOf(keys.system);
  const account = pairOf(keys.account);
  const systemId = system.getPublicKey();
  const accountId = account.getPublicKey();
  const [operatorToken, systemToken, accountToken] = await Promise.all([
    encodeOperator('orrery', operator, { system_account: systemId }),
    encodeAccount('SYS', system, {}, { signer: operator }),
    encodeAccount('ORRERY', account, { limits: accountLimits, signing_keys: [pairOf(keys.signing).getPublicKey()] }, { signer: operator }),
  ]);
  const config = [
    `operator: ${operatorToken}`,
    `system_account: ${systemId}`,
    'resolver: MEMORY',
    'resolver_preload {',
    `  ${systemId}: ${systemToken}`,
    `  ${accountId}: ${accountToken}`,
    '}',
  ].join('\n');
  const creds = await Promise.all(Object.entries(users).map(async ([name, rights]) => [name, await credsOf(keys, name, rights)] as const));
  return { config, creds: Object.fromEntries(creds) };
};
