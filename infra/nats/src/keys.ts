import { createAccount, createOperator, createUser, fromSeed, type KeyPair } from 'nats-jwt';

/** The seeds from which everything else follows. Whoever has them owns the bus. */
export interface BusKeys {
  readonly operator: string;
  readonly system: string;
  readonly account: string;
  /** Signs users of the account, so that the account's own key can stay in a drawer; execution mints agents with it. */
  readonly signing: string;
  /** The account of those who only read events. */
  readonly readers: string;
  /** Signs for the operator, to add to the claims of the platform's account who of its users is let in no more. */
  readonly revoking: string;
  /** The user of the system's account who may put such claims into effect, and nothing else. */
  readonly revoker: string;
  readonly users: Readonly<Record<string, string>>;
}

const seedOf = (pair: KeyPair): string => new TextDecoder().decode(pair.getSeed());

export const pairOf = (seed: string): KeyPair => fromSeed(new TextEncoder().encode(seed));

/** New keys for whatever `known` lacks. A user's seed outlives a change of its rights. */
export const completeKeys = (userNames: readonly string[], known: Partial<BusKeys> = {}): BusKeys => ({
  operator: known.operator ?? seedOf(createOperator()),
  system: known.system ?? seedOf(createAccount()),
  account: known.account ?? seedOf(createAccount()),
  signing: known.signing ?? seedOf(createAccount()),
  readers: known.readers ?? seedOf(createAccount()),
  revoking: known.revoking ?? seedOf(createOperator()),
  revoker: known.revoker ?? seedOf(createUser()),
  users: Object.fromEntries(userNames.map((name) => [name, known.users?.[name] ?? seedOf(createUser())])),
});
