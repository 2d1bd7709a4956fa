import { type EventContract, eventContracts, observability, storedType } from '@orrery/contracts';
import { type Json, SchemaBook } from './schema.ts';

const messageName = (event: EventContract): string => `${event.service}.${storedType(event)}`;

const message = (event: EventContract, book: SchemaBook): Json => ({
  name: messageName(event),
  title: event.type,
  contentType: 'application/cloudevents+json',
  payload: {
    allOf: [
      book.of(observability.CloudEvent, 'output'),
      {
        type: 'object',
        properties: {
          source: { const: `/orrery/${event.service}` },
          type: { const: `orrery.${event.service}.${storedType(event)}` },
          data: book.of(event.schema, 'output'),
        },
      },
    ],
  },
  ...(event.personal ? { 'x-personal-fields': [...event.personal.fields] } : {}),
});

const channel = (event: EventContract): Json => ({
  address: `log.${event.service}.${event.type}.{org}.{stream}`,
  description: `JetStream stream LOG_${event.service.toUpperCase()}; org is \`platform\` where an event belongs to none.`,
  messages: { [messageName(event)]: { $ref: `#/components/messages/${messageName(event)}` } },
  parameters: { org: { description: 'Id of the organization' }, stream: { description: 'Such as `run-<id>`: the `subject` of the event' } },
});

const operation = (event: EventContract): Json => ({
  action: 'send',
  channel: { $ref: `#/channels/${event.service}.${event.type}` },
  summary: `${event.service} publishes ${event.type}`,
});

/** AsyncAPI 3.0 of the public events, read off the contracts. */
export const asyncApi = (events: readonly EventContract[] = eventContracts): Json => {
  const book = new SchemaBook('#/components/schemas/');
  const messages = Object.fromEntries(events.map((event) => [messageName(event), message(event, book)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Orrery events',
      version: '1',
      description: 'Generated from the contracts. CloudEvents 1.0 in JSON over NATS JetStream, at least once, in the order of each stream.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(events.map((event) => [`${event.service}.${event.type}`, channel(event)])),
    operations: Object.fromEntries(events.map((event) => [`publish.${event.service}.${event.type}`, operation(event)])),
    components: { messages, schemas: book.named },
  };
};
