import { type Log, logOf } from '@orrery/telemetry';
import type { z } from 'zod';
import { type ConfigSchema, configOf, type Environment } from './config.ts';
import type { Health } from './health.ts';

/** Something that was started and can be stopped in order: takes nothing new, finishes what it has, then resolves. */
export interface Running {
  readonly stop: () => Promise<void>;
}

/** What a process gives to a program that runs in it. */
export interface Host {
  readonly health: Health;
  /** How long to wait at start for what must be there, in milliseconds. */
  readonly startMs: number;
  /** Aborted when the process is told to stop while it still starts. */
  readonly signal: AbortSignal;
}

/** What a program's `start` is given. */
export interface Surroundings<C> extends Omit<Host, 'health'> {
  readonly name: string;
  readonly config: C;
  readonly log: Log;
  readonly health: Pick<Health, 'check'>;
}

/** Its configuration was read; it can be started. */
export interface Prepared {
  readonly name: string;
  readonly start: (host: Host) => Promise<Running>;
}

/** A part of the platform that runs in a process, alone or beside others. */
export interface Program {
  readonly name: string;
  /** Throws `ConfigInvalid`. */
  readonly prepare: (env: Environment) => Prepared;
}

export interface ProgramDefinition<S extends ConfigSchema> {
  readonly name: string;
  readonly config: S;
  readonly start: (surroundings: Surroundings<Readonly<z.output<S>>>) => Promise<Running>;
}

/** A program without a log of its own, such as the gateway or the agent. For one with a log: `service`. */
export const program = <S extends ConfigSchema>({ name, config, start }: ProgramDefinition<S>): Program => ({
  name,
  prepare: (env) => {
    const values = configOf(name, config, env);
    return { name, start: ({ health, ...host }) => start({ ...host, name, config: values, log: logOf(name), health: health.named(name) }) };
  },
});
