import { completeKeys } from '@orrery/nats';
import type { StackSecrets } from '../stack/secrets.ts';
import { type Files, secretFilesOf } from './secret-files.ts';

const secrets: StackSecrets = {
  secret: 'master',
  operatorKey: 'op_key',
  postgresPassword: 'the password',
  bus: completeKeys(['billing', 'gateway']),
};
const nothing = { account: 'platform', publish: [], subscribe: [] } as const;
// Two are enough to tell apart: signing in plain JavaScript takes a fifth of a second each.
const users = { billing: nothing, gateway: nothing };

describe('the secret files of a composition', () => {
  let files: Files;
  beforeAll(async () => {
    files = await secretFilesOf(secrets, users);
  }, 30_000);

  const holders = (text: string): string[] =>
    Object.entries(files)
      .filter(([, content]) => content.includes(text))
      .map(([path]) => path);

  it('show the operator’s key to the gateway alone', () => {
    expect(holders('op_key')).toEqual(['gateway/operator-key']);
  });

  it('show the password of PostgreSQL to PostgreSQL and to services, not to the gateway', () => {
    expect(holders('the password')).toEqual(expect.arrayContaining(['postgres/password', 'billing/postgres-url']));
    expect(holders('the password').filter((path) => path.startsWith('gateway/'))).toEqual([]);
  });

  it('show the key that signs agents to execution alone', () => {
    expect(holders(secrets.bus.signing)).toEqual(['execution/signing-seed']);
  });

  it('show the key that turns machines away to execution alone', () => {
    expect(holders(secrets.bus.revoking)).toEqual(['execution/revoker.creds']);
    expect(holders(secrets.bus.revoker)).toEqual(['execution/revoker.creds']);
  });

  it('show the seed of a user to that program alone', () => {
    expect(holders(secrets.bus.users.billing ?? '')).toEqual(['billing/bus.creds']);
  });

  it('show the keys of the operator and of the account to nobody', () => {
    expect(holders(secrets.bus.operator)).toEqual([]);
    expect(holders(secrets.bus.account)).toEqual([]);
    expect(holders(secrets.bus.system)).toEqual([]);
  });
});
