import type { EventContract } from '@orrery/contracts';
import type { Event, Recorded } from '@orrery/kernel';
import { z } from 'zod';
import { placeOf, sequenceOf } from './place.ts';
import type { Registry } from './registry.ts';

/** CloudEvents 1.0, structured JSON: how an event looks to everyone outside its own service. */
export const CloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  /** `/orrery/<service>` */
  source: z.string().startsWith('/orrery/'),
  /** `orrery.<service>.<EventType>.v<N>` */
  type: z.string(),
  /** The stream. */
  subject: z.string().min(1),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data: z.looseObject({}),
  orgid: z.string().optional(),
  actor: z.string(),
  correlationid: z.string(),
  causationid: z.string(),
  /** Place in the log of its service, `<transaction>.<position>`. Not sortable as text. */
  sequence: z.string().regex(/^\d+\.\d+$/),
  /** Version of the stream with this event. */
  streamversion: z.int().positive(),
  traceparent: z.string().optional(),
});
export type CloudEvent = z.infer<typeof CloudEvent>;

/** What came over the bus is no event of ours, or none that its contract allows. It never gets better by trying again. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}

export const cloudTypeOf = ({ service, type, version }: Pick<EventContract, 'service' | 'type' | 'version'>): string =>
  `orrery.${service}.${type}.v${version}`;

/** What stands where a person's data stood before the person was erased. No contract need allow it. */
export const erased = '[erased]';

/** What stands where a person's data stands, outside the service that owns it: a bus keeps copies that nobody could erase. */
export const withheld = '[withheld]';

const withoutPersonal = ({ personal }: EventContract, data: object): object =>
  personal
    ? Object.fromEntries(Object.entries(data).map(([field, value]) => [field, personal.fields.includes(field) ? withheld : value]))
    : data;

/** The data as its contract parses it. Markers of a person's fields are let through: their contract was kept when they were written. */
const fitting = (contract: EventContract, data: object): object => {
  const parsed = contract.schema.safeParse(data);
  if (parsed.success && typeof parsed.data === 'object' && parsed.data !== null) return parsed.data;
  const isLost = (field: string): boolean => [erased, withheld].includes(Reflect.get(data, field));
  const lost = new Set(contract.personal?.fields.filter(isLost));
  const issues = parsed.error?.issues ?? [];
  if (lost.size > 0 && issues.every(({ path }) => lost.has(String(path[0])))) return data;
  throw new MalformedEvent(`${contract.type} does not fit its contract: ${z.prettifyError(new z.ZodError(issues))}`);
};

/** An event of the log as others see it. */
export const cloudEventOf = (recorded: Recorded, contract: EventContract): CloudEvent => {
  const { orgId, traceparent, actor, correlationId, causationId } = recorded.metadata;
  return {
    specversion: '1.0',
    id: recorded.id,
    source: `/orrery/${contract.service}`,
    type: cloudTypeOf(contract),
    subject: recorded.stream,
    time: recorded.recordedAt.toISOString(),
    datacontenttype: 'application/json',
    // The envelope's schema asks for an object with any keys, which is what a contract's parsed data is.
    data: withoutPersonal(contract, fitting(contract, recorded.event.data)) as CloudEvent['data'],
    ...(orgId === undefined ? {} : { orgid: orgId }),
    actor,
    correlationid: correlationId,
    causationid: causationId,
    sequence: sequenceOf(recorded.place),
    streamversion: recorded.version,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
};

/** Reads the envelope, not yet the data. */
export const parseCloudEvent = (json: string): CloudEvent => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new MalformedEvent('not JSON', { cause });
  }
  const parsed = CloudEvent.safeParse(value);
  if (!parsed.success) throw new MalformedEvent(`not a CloudEvent of ours: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

/** `RunStarted.v1` out of `orrery.execution.RunStarted.v1`. */
const storedTypeOf = (cloudType: string): string => cloudType.split('.').slice(2).join('.');

/** The event behind a CloudEvent, in the shape that the reader's own contracts have today. */
export const recordedOf = <E extends Event = Event>(event: CloudEvent, registry: Registry): Recorded<E> => {
  const { type, data, contract } = registry.read(storedTypeOf(event.type), event.data);
  return {
    id: event.id,
    stream: event.subject,
    version: event.streamversion,
    // Checked against the contract of this very type; which union of events that makes, the caller's registry knows.
    event: { type, data: fitting(contract, data) } as E,
    metadata: {
      correlationId: event.correlationid,
      causationId: event.causationid,
      actor: event.actor,
      ...(event.orgid === undefined ? {} : { orgId: event.orgid }),
      ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    },
    recordedAt: new Date(event.time),
    place: placeOf(event.sequence),
  };
};
