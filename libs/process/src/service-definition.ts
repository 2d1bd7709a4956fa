import type { ModuleMetadata } from '@nestjs/common';
import type { EventContracts } from '@orrery/contracts';
import type { Consumer, EventStore, Migration, SealedColumn, Upcaster, View } from '@orrery/event-store';
import type { Bus } from '@orrery/messaging';
import type { NatsConnection } from 'nats';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import type { ConfigSchema } from './config.ts';
import type { Running, Surroundings } from './program.ts';
import type { Secrets } from './secrets.ts';
import type { serviceVariables } from './variables.ts';

type ServiceShape = ReturnType<typeof serviceVariables>;
/** A configuration that holds at least `serviceVariables(name)`. */
export type ServiceConfigSchema = ConfigSchema & z.ZodObject<ServiceShape>;
export type ServiceConfig = Readonly<z.output<z.ZodObject<ServiceShape>>>;

/** What a service is built from. It is connected, migrated and ready to use. */
export interface Deps<C extends ServiceConfig = ServiceConfig> extends Surroundings<C> {
  /** This service's log. */
  readonly store: EventStore;
  /** This service's database, for queries on views. */
  readonly database: DataSource;
  readonly databaseUrl: string;
  /** Asks other services. */
  readonly bus: Bus;
  readonly nats: NatsConnection;
  readonly secrets: Secrets;
}

/** A service with a log: all that is particular to it. What services have in common is done for it, in order. */
export interface ServiceDefinition<S extends ServiceConfigSchema> {
  readonly name: string;
  readonly config: S;
  readonly migrations?: readonly Migration[];
  /** Every event its log may hold. */
  readonly events: readonly EventContracts[];
  readonly upcasters?: readonly Upcaster[];
  /** Tables folded from its log. */
  readonly views?: readonly View[];
  /** Where else in its database something is sealed: a change of the key-encryption key reaches it there. */
  readonly sealed?: readonly SealedColumn[];
  /** The composition root: controllers whose methods carry `@Serves`, and what they are made of. */
  readonly module: (deps: Deps<Readonly<z.output<S>>>) => ModuleMetadata;
  /** What it does about other services' events. */
  readonly consumers?: (deps: Deps<Readonly<z.output<S>>>) => readonly Consumer[];
  /** Work of its own beside requests and events, such as a scheduler: started last, stopped first. */
  readonly start?: (deps: Deps<Readonly<z.output<S>>>) => Promise<Running> | Running;
}
