import { observability } from '@orrery/contracts';
import type { Account, Import } from 'nats-jwt';
import { type BusKeys, pairOf } from './keys.ts';
import { type AccountName, logStreams } from './rights.ts';

/** The claims of an account, and the seed of the account and of the key that signs its users. */
export interface AccountPlan {
  readonly title: string;
  readonly seed: string;
  readonly signing: string;
  readonly claims: Partial<Account>;
}

const unlimited = -1;

const limits = {
  subs: unlimited,
  data: unlimited,
  payload: unlimited,
  imports: unlimited,
  exports: unlimited,
  wildcards: true,
  conn: unlimited,
  leaf: unlimited,
} as const satisfies Account['limits'];

const storage = { mem_storage: unlimited, disk_storage: unlimited, streams: unlimited, consumer: unlimited } as const;

/** What all readers together may have: enough for a hundred teams, and too little to weigh on the platform. Consumers count by log. */
const limitsOfReaders = {
  ...limits,
  ...storage,
  conn: 256,
  subs: 4_096,
  payload: 65_536,
  leaf: 0,
  mem_storage: 0,
  consumer: 128,
} as const satisfies Account['limits'];

/** What one account exports and the other imports. */
interface Tie {
  readonly name: string;
  readonly subject: string;
  readonly type: 'service' | 'stream';
}

const service = (name: string, subject: string): Tie => ({ name, subject, type: 'service' });

const apiOfConsumers = '$JS.API.CONSUMER.CREATE.';
const apiOfStreams = '$JS.API.STREAM.>';

/** What a copy needs of its log: to ask for it, to hear it, and to say how fast. */
const toCopy = (): Tie[] => [
  ...logStreams().flatMap((log) => [
    service(`copy ${log}`, `${apiOfConsumers}${log}`),
    // Since 2.10 servers name the consumer that feeds a copy.
    service(`copy ${log} by name`, `${apiOfConsumers}${log}.>`),
    service(`pace of ${log}`, `$JS.FC.${log}.>`),
  ]),
  { name: 'logs on their way to their copies', subject: `${observability.copies.delivery}.>`, type: 'stream' },
];

const toManage = (): Tie[] => [service('streams of the readers', apiOfStreams)];

/** The same subject, but for an API of JetStream: there both sides have one of their own. */
const imported =
  (account: string, api: string) =>
  ({ name, subject, type }: Tie): Import => ({
    name,
    subject,
    type,
    account,
    local_subject: subject.startsWith('$JS.API') ? subject.replace('$JS.API', api) : subject,
  });

const idOf = (seed: string): string => pairOf(seed).getPublicKey();

/** The accounts of the bus by name. */
export const accountsOf = (keys: BusKeys): Readonly<Record<AccountName, AccountPlan>> => ({
  system: { title: 'SYS', seed: keys.system, signing: keys.system, claims: { limits } },
  platform: {
    title: 'ORRERY',
    seed: keys.account,
    signing: keys.signing,
    claims: {
      limits: { ...limits, ...storage },
      signing_keys: [idOf(keys.signing)],
      exports: toCopy(),
      imports: toManage().map(imported(idOf(keys.readers), observability.copies.manage)),
    },
  },
  readers: {
    title: 'EVENTS',
    seed: keys.readers,
    signing: keys.readers,
    claims: {
      limits: limitsOfReaders,
      exports: toManage(),
      imports: toCopy().map(imported(idOf(keys.account), observability.copies.source)),
    },
  },
});
