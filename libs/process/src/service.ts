import { type Program, program } from './program.ts';
import type { ServiceConfigSchema, ServiceDefinition } from './service-definition.ts';
import { startService } from './start-service.ts';

/** What somebody needs to open a service's log without the service. */
export type ServiceLog = Pick<ServiceDefinition<ServiceConfigSchema>, 'name' | 'events' | 'upcasters' | 'views' | 'sealed'>;

/** A program with a log of its own. */
export interface Service extends Program {
  readonly log: ServiceLog;
}

/** A service, ready to `run`. */
export const service = <S extends ServiceConfigSchema>(definition: ServiceDefinition<S>): Service => {
  const { name, config, events, upcasters = [], views = [], sealed = [] } = definition;
  const runnable = program({ name, config, start: (surroundings) => startService(definition, surroundings) });
  return { ...runnable, log: { name, events, upcasters, views, sealed } };
};
