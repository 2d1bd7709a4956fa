import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorityOf, busUsers, completeKeys } from '@orrery/nats';
import { startNats } from '@orrery/testing';

/** A bus that asks everybody for credentials, and knows who may take them away. */
export interface Guard {
  readonly nats: Awaited<ReturnType<typeof startNats>>;
  /** How whoever asks the service enters: an operator, who may do anything. */
  readonly entrance: { readonly credentials: string; readonly inboxPrefix: string };
  /** What the service is told. */
  readonly env: Record<string, string>;
}

export const startGuardedNats = async (): Promise<Guard> => {
  const keys = completeKeys(Object.keys(busUsers()));
  const { config, creds, revoker } = await authorityOf(keys, busUsers());
  const nats = await startNats({ config });
  const file = (name: string, text = ''): string => {
    const path = join(nats.dir, `${name}.creds`);
    writeFileSync(path, text);
    return path;
  };
  return {
    nats,
    entrance: { credentials: file('operator', creds['operator']), inboxPrefix: '_INBOX_operator' },
    env: {
      ORRERY_NATS_CREDS: file('execution', creds['execution']),
      ORRERY_NATS_ACCOUNT_SEED: keys.signing,
      ORRERY_NATS_REVOKER: file('revoker', revoker),
    },
  };
};
