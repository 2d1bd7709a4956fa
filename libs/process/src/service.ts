import { type Program, program } from './program.ts';
import type { ServiceConfigSchema, ServiceDefinition } from './service-definition.ts';
import { startService } from './start-service.ts';
import { type Upkeep, upkeepOf } from './upkeep.ts';

/** A program with a log of its own. */
export interface Service extends Program {
  readonly upkeep: Upkeep;
}

/** A service, ready to `run`. */
export const service = <S extends ServiceConfigSchema>(definition: ServiceDefinition<S>): Service => ({
  ...program({
    name: definition.name,
    config: definition.config,
    start: (surroundings) => startService(definition, surroundings),
  }),
  upkeep: upkeepOf(definition),
});
