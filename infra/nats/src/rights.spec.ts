import { busUsers, services } from './rights.ts';

const covers = (pattern: string, subject: string): boolean => {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return tokens.length > index;
    if (token !== '*' && token !== tokens[index]) return false;
  }
  return wanted.length === tokens.length;
};
const may = (user: string, act: 'publish' | 'subscribe', subject: string): boolean =>
  (busUsers()[user]?.[act] ?? []).some((pattern) => covers(pattern, subject));

describe('rights on the bus', () => {
  it('name the six services of the contracts', () => {
    expect(services).toEqual(['billing', 'catalog', 'execution', 'identity', 'inference', 'observability']);
  });

  it.each(services)('let %s publish its own facts and nobody else’s', (service) => {
    const writable = services.filter((other) => may(service, 'publish', `log.${other}.Something.org.stream-1`));
    expect(writable).toEqual([service]);
  });

  it.each(services)('let %s hear requests to itself only', (service) => {
    const audible = services.filter((other) => may(service, 'subscribe', `ask.${other}.anything`));
    expect(audible).toEqual([service]);
  });

  it.each(services)('let %s create its own stream and read every other', (service) => {
    const created = services.filter((other) => may(service, 'publish', `$JS.API.STREAM.CREATE.LOG_${other.toUpperCase()}`));
    expect(created).toEqual([service]);
    expect(may(service, 'publish', '$JS.API.CONSUMER.DURABLE.CREATE.LOG_EXECUTION.billing--x')).toBe(true);
  });

  it('let only execution speak to agents and hear them', () => {
    expect(services.filter((service) => may(service, 'publish', 'agent.1.start'))).toEqual(['execution']);
    expect(services.filter((service) => may(service, 'subscribe', 'tele.output.1.2'))).toEqual(['execution']);
  });

  it('let only identity write the snapshots, which the gateway reads', () => {
    expect(services.filter((service) => may(service, 'publish', '$KV.identity-keys.x'))).toEqual(['identity']);
    expect(may('gateway', 'publish', '$KV.identity-keys.x')).toBe(false);
    expect(may('gateway', 'publish', '$JS.API.STREAM.INFO.KV_identity-keys')).toBe(true);
  });

  it('let the gateway ask everybody and invent no fact', () => {
    expect(services.every((service) => may('gateway', 'publish', `ask.${service}.anything`))).toBe(true);
    expect(services.some((service) => may('gateway', 'publish', `log.${service}.X.org.s`))).toBe(false);
    expect(services.some((service) => may('gateway', 'subscribe', `ask.${service}.anything`))).toBe(false);
  });

  it('let all services in one process do whatever any of them may', () => {
    for (const service of [...services, 'gateway']) {
      const rights = busUsers()[service];
      expect(rights?.publish.filter((subject) => !may('all', 'publish', subject))).toEqual([]);
      expect(rights?.subscribe.filter((subject) => !may('all', 'subscribe', subject))).toEqual([]);
    }
  });

  it('let nobody hear the answers to another', () => {
    const users = ['billing', 'gateway', 'events'];
    for (const user of users) {
      expect(users.filter((other) => may(user, 'subscribe', `_INBOX_${other}.abc.1`))).toEqual([user]);
      expect(may(user, 'subscribe', '_INBOX.abc.1')).toBe(false);
    }
    expect(services.every((service) => may(service, 'publish', '_INBOX_agent.worker-1.abc'))).toBe(true);
  });

  it('let a reader of events write nothing at all', () => {
    const writable = ['ask.identity.sign-up', 'log.identity.X.org.s', 'dead.x', 'agent.1.start', 'tele.output.1.2', '$KV.identity-keys.x'];
    expect(writable.filter((subject) => may('events', 'publish', subject))).toEqual([]);
  });

  it('let the gateway read no output, no dead letter and no log', () => {
    const readable = ['OUTPUT', 'METRICS', 'DEAD', 'LOG_EXECUTION'].filter((stream) =>
      ['CREATE', 'DURABLE.CREATE', 'MSG.NEXT', 'DELETE'].some((verb) =>
        may('gateway', 'publish', `$JS.API.CONSUMER.${verb}.${stream}.c.tele`),
      ),
    );
    expect(readable).toEqual([]);
    expect(may('gateway', 'publish', '$JS.API.CONSUMER.CREATE.KV_identity-keys.c.k')).toBe(true);
  });

  it('put readers of events, and nobody else, into the account where only copies are', () => {
    const readers = Object.entries(busUsers()).flatMap(([name, { account }]) => (account === 'readers' ? [name] : []));
    expect(readers).toEqual(['events']);
  });

  it('let only observability look after those copies', () => {
    const keepers = services.filter((service) => may(service, 'publish', '$JS.EVENTS.API.STREAM.CREATE.LOG_EXECUTION'));
    expect(keepers).toEqual(['observability']);
    expect(may('events', 'publish', '$JS.API.STREAM.CREATE.LOG_EXECUTION')).toBe(false);
  });
});
