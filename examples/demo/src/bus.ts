import { readFile } from 'node:fs/promises';
import { eventContracts, observability, storedType } from '@orrery/contracts';
import { type ConsumerMessages, connect, credsAuthenticator, type NatsConnection } from 'nats';
import { until } from './until.ts';

export type CloudEvent = observability.CloudEvent;

const contractsByType = new Map(eventContracts.map((contract) => [`orrery.${contract.service}.${storedType(contract)}`, contract]));

/** A team's own consumer of domain events: subscribes on JetStream, checks each event against its contract. */
export class EventFeed {
  readonly received: CloudEvent[] = [];

  private readonly consuming: ConsumerMessages[] = [];

  private constructor(private readonly connection: NatsConnection) {}

  static async open(url: string, credsFile: string | undefined, orgId: string): Promise<EventFeed> {
    const authenticator = credsFile ? { authenticator: credsAuthenticator(await readFile(credsFile)) } : {};
    const connection = await connect({ servers: url, name: 'demo-events', inboxPrefix: '_INBOX_events', ...authenticator });
    const feed = new EventFeed(connection);
    for (const stream of ['LOG_EXECUTION', 'LOG_BILLING']) await feed.follow(stream, orgId);
    return feed;
  }

  async close(): Promise<void> {
    await Promise.all(this.consuming.map((messages) => messages.close()));
    await this.connection.close();
  }

  private async follow(stream: string, orgId: string): Promise<void> {
    const [, service] = stream.toLowerCase().split('_');
    const filter = { filterSubjects: `log.${service}.*.${orgId}.>` };
    // What a service has just made is copied for readers within a second or so.
    const consumer = await until(`a copy of ${stream}`, () =>
      this.connection
        .jetstream()
        .consumers.get(stream, filter)
        .catch(() => undefined),
    );
    const messages = await consumer.consume();
    this.consuming.push(messages);
    void (async () => {
      for await (const message of messages) {
        const event = observability.CloudEvent.parse(message.json());
        contractsByType.get(event.type)?.schema.parse(event.data);
        this.received.push(event);
      }
    })();
  }
}
