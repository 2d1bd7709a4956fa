import { type Program, program } from './program.ts';
import type { ServiceConfigSchema, ServiceDefinition } from './service-definition.ts';
import { startService } from './start-service.ts';

/** A service, ready to `run`. */
export const service = <S extends ServiceConfigSchema>(definition: ServiceDefinition<S>): Program =>
  program({
    name: definition.name,
    config: definition.config,
    start: (surroundings) => startService(definition, surroundings),
  });
