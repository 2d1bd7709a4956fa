import { audit, checkView, deadLetters, exportLog, rebuildView, refill, replayDead } from '@orrery/event-store';
import type { Environment, Service } from '@orrery/process';
import { logOf } from '@orrery/telemetry';
import { serviceNamed, servicesNamed } from '../services-named.ts';
import { type EventsCommand, WrongWords } from './command.ts';
import { withLog, withStore } from './open-log.ts';

/** What came of it, for people and for scripts; `ok` decides the exit code. */
export interface Outcome {
  readonly ok: boolean;
  readonly lines: readonly object[];
}

const seen = 20;

const auditOne = ({ log }: Service, env: Environment): Promise<{ service: string; checked: number; missing: number; first: string[] }> =>
  withLog(log, env, async ({ store, bus }) => {
    const { checked, missing } = await audit({ store, nats: bus.connection });
    return { service: log.name, checked, missing: missing.length, first: missing.slice(0, seen).map(({ id }) => id) };
  });

export interface World {
  readonly services: readonly Service[];
  readonly env: Environment;
  /** For what is too long to be an outcome. */
  readonly print: (line: object) => void;
}

export const carryOut = async (command: EventsCommand, { services, env, print }: World): Promise<Outcome> => {
  switch (command.does) {
    case 'audit': {
      const lines: Awaited<ReturnType<typeof auditOne>>[] = [];
      for (const service of servicesNamed(services, command.services)) lines.push(await auditOne(service, env));
      return { ok: lines.every(({ missing }) => missing === 0), lines };
    }
    case 'refill':
      return withLog(serviceNamed(services, command.service).log, env, async ({ store, bus }) => {
        const refilled = await refill({ store, nats: bus.connection, log: logOf('events'), from: command.from });
        return { ok: true, lines: [{ service: command.service, ...refilled }] };
      });
    case 'export':
      return withStore(serviceNamed(services, command.service).log, env, async (store) => {
        for await (const event of exportLog(store, command.from)) print(event);
        return { ok: true, lines: [] };
      });
    case 'rebuild':
      return withLog(serviceNamed(services, command.service).log, env, async ({ store }) => {
        return { ok: true, lines: [await rebuildView(store, command.view)] };
      });
    case 'check':
      return withLog(serviceNamed(services, command.service).log, env, async ({ store }) => {
        const differences = await checkView(store, command.view);
        return { ok: differences === 0, lines: [{ view: command.view, differences }] };
      });
    case 'dead':
    case 'replay-dead':
      return dead(command, services, env);
  }
};

/** Dead letters of all services lie in one stream: any service's settings lead to it. */
const dead = (
  { does, filter }: Extract<EventsCommand, { does: 'dead' | 'replay-dead' }>,
  services: readonly Service[],
  env: Environment,
): Promise<Outcome> => {
  const [any] = services;
  if (!any) throw new WrongWords('There is no service');
  return withLog(any.log, env, async ({ bus }) => {
    if (does === 'dead') return { ok: true, lines: [...(await deadLetters(bus.connection, filter))] };
    const replayed = await replayDead(bus.connection, filter);
    return { ok: replayed.withoutBody === 0, lines: [replayed] };
  });
};
