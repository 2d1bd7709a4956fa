import { type EventContract, eventContracts, storedType } from '@orrery/contracts';
import { isObject, type Json, type JsonSchema, SchemaBook } from './schema.ts';

const nameIn = ($ref: string): string => $ref.slice($ref.lastIndexOf('/') + 1);

const typeOf = (schema: Json | undefined): string => {
  if (!isObject(schema)) return 'any';
  const { $ref, type, enum: values, anyOf, oneOf, items } = schema;
  if (typeof $ref === 'string') return nameIn($ref);
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) return choices.map((choice: Json) => typeOf(choice)).join(' or ');
  if (Array.isArray(values)) return values.map((value: Json) => `\`${String(value)}\``).join(', ');
  if (Array.isArray(type)) return type.join(' or ');
  return type === 'array' ? `list of ${typeOf(items)}` : String(type ?? 'any');
};

/** Of data that have a name, too: then the schema only points to them. */
const dataOf = (event: EventContract, book: SchemaBook): JsonSchema => {
  const schema = book.of(event.schema, 'output');
  const named = typeof schema.$ref === 'string' ? book.named[nameIn(schema.$ref)] : undefined;
  return isObject(named) ? named : schema;
};

const section = (event: EventContract, book: SchemaBook): string => {
  const { properties, required } = dataOf(event, book);
  const needed = new Set(Array.isArray(required) ? required : []);
  const personal = new Set(event.personal?.fields);
  const rows = Object.entries(isObject(properties) ? properties : {}).map(([name, schema]) => {
    const notes = [needed.has(name) ? '' : 'optional', personal.has(name) ? 'personal, sealed' : ''].filter(Boolean).join(', ');
    return `| \`${name}\` | ${typeOf(schema).replaceAll('|', '\\|')} | ${notes} |`;
  });
  return [
    `### ${storedType(event)}`,
    '',
    `\`log.${event.service}.${event.type}.<org>.<stream>\` · type \`orrery.${event.service}.${storedType(event)}\``,
    '',
    '| field of `data` | type | |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
};

const preface = `# Events

Generated from the contracts by \`npm run docs:generate\`; do not edit.

Each event is a CloudEvent (JSON) on the JetStream stream \`LOG_<SERVICE>\`; [asyncapi.yaml](asyncapi.yaml) says the same to machines.
\`sequence\` is the place in the log of its service, \`streamversion\` the place in its own stream. Delivery is at least once:
an \`id\` that was seen before is the same event.
`;

/** The catalogue of events for people. */
export const eventsPage = (events: readonly EventContract[] = eventContracts): string => {
  const book = new SchemaBook('#/');
  const services = [...new Set(events.map(({ service }) => service))];
  const chapters = services.map((service) => {
    const sections = events.filter((event) => event.service === service).map((event) => section(event, book));
    return [`## ${service}`, '', ...sections].join('\n');
  });
  return `${[preface, ...chapters].join('\n').trimEnd()}\n`;
};
