import { type EventContract, storedEvents, storedType } from '@orrery/contracts';
import type { z } from 'zod';
import { sampleOf } from './sample.ts';
import { type Json, SchemaBook } from './schema.ts';

const text = (value: Json): string => `${JSON.stringify(value, null, 2)}\n`;

export const schemaPath = (event: EventContract): string => `libs/contracts/schemas/${event.service}/${storedType(event)}.json`;
export const samplePath = (event: EventContract): string => `libs/contracts/samples/${event.service}/${storedType(event)}.json`;

/** The published shape of an event's data, complete in itself. */
export const eventSchema = (event: EventContract): Json => {
  const book = new SchemaBook('#/$defs/');
  const schema = book.of(event.schema, 'output');
  const { named } = book;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `orrery.${event.service}.${storedType(event)}`,
    ...schema,
    ...(Object.keys(named).length > 0 ? { $defs: named } : {}),
  };
};

/** A value that a schema accepts and every optional field of it present: as a client sends it (`input`) or gets it (`output`). */
export const sampleValue = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const book = new SchemaBook('#/$defs/');
  return sampleOf(book.of(schema, io), book.named);
};

/** An event as a log might hold it, with every optional field present. */
export const eventSample = (event: EventContract): Json => ({ type: storedType(event), data: sampleValue(event.schema, 'output') });

/**
 * Files that are written once and then stand: what was published does not change. A contract that no longer agrees with
 * its file needs a new version, and an upcaster for what was stored before.
 */
export const eventFiles = (events: readonly EventContract[] = storedEvents): ReadonlyMap<string, string> =>
  new Map(
    events.flatMap((event) => [
      [schemaPath(event), text(eventSchema(event))],
      [samplePath(event), text(eventSample(event))],
    ]),
  );
