import { authorityOf, busUsers, type Rights, services } from '@orrery/nats';
import type { StackSecrets } from '../stack/secrets.ts';

/** The text of each file by its path. */
export type Files = Readonly<Record<string, string>>;

const postgresUrl = (password: string): string => `postgres://orrery:${password}@postgres:5432/postgres`;

/** What each container of docker-compose.yml is shown: its own credentials, and no others. */
export const secretFilesOf = async (
  { bus, secret, operatorKey, postgresPassword }: StackSecrets,
  users: Readonly<Record<string, Rights>> = busUsers(),
): Promise<Files> => {
  const { config, creds, revoker } = await authorityOf(bus, users);
  const ofProgram = (program: string): Files => ({
    [`${program}/bus.creds`]: creds[program] ?? '',
    [`${program}/secret`]: secret,
  });
  const ofService = (service: string): Files => ({ ...ofProgram(service), [`${service}/postgres-url`]: postgresUrl(postgresPassword) });
  return {
    ...Object.assign({}, ...services.map(ofService)),
    ...ofProgram('gateway'),
    'execution/signing-seed': bus.signing,
    'execution/revoker.creds': revoker,
    'gateway/operator-key': operatorKey,
    'nats/authority.conf': config,
    'postgres/password': postgresPassword,
    // For people: an internal team reads events with the first, an operator mends streams with the second.
    'people/events.creds': creds.events ?? '',
    'people/operator.creds': creds.operator ?? '',
  };
};
