import { billing, catalog, eventContracts, identity, inference, observability, operations, serviceOf } from '@orrery/contracts';

/** Accounts are worlds of subjects, apart but for what one exports and the other imports. */
export type AccountName = 'system' | 'platform' | 'readers';

/** Which subjects a user of the bus may publish and subscribe. Everything else is refused by the server. */
export interface Rights {
  readonly account: AccountName;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Served by agents, each on its own subjects: not a service. */
const agents = 'agent';

/** The services that the contracts name. */
export const services: readonly string[] = [
  ...new Set([...Object.values(operations).map(serviceOf), ...eventContracts.map((contract) => contract.service)]),
]
  .filter((service) => service !== agents)
  .sort();

/** Whom a service asks, beyond itself. Who is not named here is not asked: services otherwise follow events. */
const asks: Readonly<Record<string, readonly string[]>> = {
  // Before an organization may be deleted.
  identity: ['billing', 'execution'],
  execution: ['billing', 'catalog', 'identity'],
  billing: ['catalog', 'execution', 'identity'],
  observability: ['execution', 'identity'],
  inference: ['billing', 'catalog', 'execution', 'identity'],
};

/** Snapshots for the gateway, each a key-value bucket with one writer. */
const buckets: Readonly<Record<string, readonly string[]>> = {
  billing: Object.values(billing.Snapshots).map(({ bucket }) => bucket),
  catalog: Object.values(catalog.Snapshots).map(({ bucket }) => bucket),
  identity: Object.values(identity.Snapshots).map(({ bucket }) => bucket),
  inference: Object.values(inference.Snapshots).map(({ bucket }) => bucket),
};

/** Streams that belong to no service: whoever comes first makes them, and every service may mend their settings. */
const commonStreams = ['DEAD', 'OUTPUT', 'METRICS', inference.usageTransport.stream, inference.contentTransport.stream];

const logOf = (service: string): string => `LOG_${service.toUpperCase()}`;

/** The streams that carry the events of the services. */
export const logStreams = (): readonly string[] => services.map(logOf);

const bucketsOf = (service: string): readonly string[] => (buckets[service] ?? []).map((bucket) => `KV_${bucket}`);

/** Whoever publishes a snapshot can make it anew at any time, so nothing of it need be kept from them. In few words: see `rightsOfAll`. */
const owningBucket = (stream: string): string[] => [`$JS.API.STREAM.*.${stream}`, `$JS.API.STREAM.MSG.DELETE.${stream}`];

/** What reading any stream takes: facts are public inside the platform, so every service may follow every log. */
const following = [
  '$JS.API.INFO',
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.LIST',
  '$JS.API.STREAM.INFO.*',
  '$JS.API.STREAM.MSG.GET.*',
  '$JS.API.DIRECT.GET.>',
  '$JS.API.CONSUMER.>',
  '$JS.ACK.>',
  '$JS.FC.>',
];

const making = (stream: string): string[] => ['CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`);

const owning = (stream: string): string[] => [
  ...making(stream),
  ...['PURGE', 'MSG.DELETE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
];

/** A snapshot is followed by a consumer, never asked for one value. In few words: see `rightsOfAll`. */
const watching = (stream: string): string[] => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.CONSUMER.*.${stream}`,
  `$JS.API.CONSUMER.*.${stream}.>`,
];

/**
 * Answers go to the asker's own inbox, and nobody may listen at the inbox of another: agents are not trusted, and answers hold
 * secrets. A process named N connects with the inbox prefix `_INBOX_N`; agents hear answers below `_INBOX_agent.<id>`.
 */
const inboxOf = (name: string): string => `_INBOX_${name}.>`;

/** Where a service may answer: at every inbox there is. */
const answering = [...services, 'gateway', 'operator', agents].map(inboxOf);

export const rightsOfService = (service: string): Rights => ({
  account: 'platform',
  publish: [
    `ask.${service}.>`,
    ...(asks[service] ?? []).map((asked) => `ask.${asked}.>`),
    `log.${service}.>`,
    `dead.${service}.>`,
    ...(buckets[service] ?? []).map((bucket) => `$KV.${bucket}.>`),
    // Whoever stores output may make its stream anew: what a stream is for cannot be changed in it.
    ...(service === 'execution' ? ['agent.>', '$JS.API.STREAM.DELETE.OUTPUT'] : []),
    ...(service === 'observability' ? [`${observability.copies.manage}.STREAM.>`] : []),
    ...owning(logOf(service)),
    ...bucketsOf(service).flatMap(owningBucket),
    ...commonStreams.flatMap(making),
    ...following,
    ...answering,
  ],
  subscribe: [`ask.${service}.>`, ...(service === 'execution' ? ['tele.>'] : []), inboxOf(service)],
});

/** The gateway asks everybody, serves nobody, and watches the snapshots: it faces the world, so it reads nothing else. */
export const rightsOfGateway: Rights = {
  account: 'platform',
  publish: [
    'ask.>',
    // What requests for inference came to, and what was said in them where that is logged.
    inference.usageTransport.subject,
    inference.contentTransport.subject,
    '$JS.API.INFO',
    '$JS.API.STREAM.NAMES',
    '$JS.FC.>',
    ...Object.values(buckets)
      .flat()
      .flatMap((bucket) => watching(`KV_${bucket}`)),
  ],
  subscribe: [inboxOf('gateway')],
};

/**
 * For teams that consume domain events: in an account of their own, where nothing is but copies of the logs. There they make
 * whatever consumers they like. They publish nothing, and make and change no stream.
 */
export const rightsOfEvents: Rights = {
  account: 'readers',
  publish: [
    '$JS.API.INFO',
    ...['NAMES', 'LIST', 'INFO.*', 'MSG.GET.*'].map((act) => `$JS.API.STREAM.${act}`),
    '$JS.API.DIRECT.GET.>',
    '$JS.API.CONSUMER.>',
    '$JS.ACK.>',
  ],
  subscribe: [inboxOf('events')],
};

/** All services in one process: what they may do together, in few words, for a server bounds the length of a user's claims. */
const rightsOfAll: Rights = {
  account: 'platform',
  publish: ['ask.>', 'log.>', 'dead.>', 'agent.>', 'usage.>', 'content.>', '$KV.>', '$JS.>', ...answering],
  subscribe: ['ask.>', 'log.>', 'tele.>', ...[...services, 'gateway'].map(inboxOf)],
};

/** Every user of the bus by name. `all` is all services in one process; `operator` is whoever mends the streams by hand. */
export const busUsers = (): Readonly<Record<string, Rights>> => {
  const ofServices = Object.fromEntries(services.map((service) => [service, rightsOfService(service)]));
  return {
    ...ofServices,
    gateway: rightsOfGateway,
    events: rightsOfEvents,
    all: rightsOfAll,
    operator: { account: 'platform', publish: ['>'], subscribe: ['>'] },
  };
};
