import { inference } from '@orrery/contracts';
import { type EventStore, openEnveloped, sealEnveloped, sealedKeys, table, text, type Write, write } from '@orrery/event-store';

/** What opens upstreams, each under a data key of its own, which lies beside it under the key-encryption key. */
const credentials = table({
  table: 'upstream_credentials',
  columns: { name: text(), sealedKey: text(), box: text() },
  key: ['name'],
});

type Store = Pick<EventStore, 'sealer' | 'read'>;

/** For a change of the key-encryption key. */
export const upstreamCredentialKeys = sealedKeys({
  table: 'upstream_credentials',
  column: 'sealed_key',
  key: { name: 'text' },
  bindingOf: ({ name = '' }) => inference.upstreamBinding(name),
});

export const keepCredential = ({ sealer }: Store, name: string, credential: string): Write =>
  write(credentials, { put: { name, ...sealEnveloped(sealer, credential, inference.upstreamBinding(name)) } });

export const forgetCredential = (name: string): Write => write(credentials, { drop: { name } });

export const credentialOf = async (store: Store, name: string): Promise<string | undefined> => {
  const row = await store.read(credentials).one({ name });
  return row && openEnveloped(store.sealer, row, inference.upstreamBinding(name));
};
