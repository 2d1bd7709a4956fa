import { parseArgs } from 'node:util';
import { billing } from '@orrery/billing';
import { catalog } from '@orrery/catalog';
import { audit, checkView, deadLetters, rebuildView, refill, replayDead } from '@orrery/event-store';
import { execution } from '@orrery/execution';
import { identity } from '@orrery/identity';
import { inference } from '@orrery/inference';
import { observability } from '@orrery/observability';
import type { Service, Tools } from '@orrery/process';

const services: Readonly<Record<string, Service>> = { identity, catalog, inference, execution, billing, observability };

const usage = `events <what> <service> [options]
  audit        compares the log with its stream; changes nothing
  refill       publishes the log again: all of it, or from an instant with --from 2026-01-31T00:00:00Z
  dead         lists what this service's consumers gave up
  replay-dead  gives it to them once more
  rebuild      builds a view anew beside the live one and swaps: --view NAME, or all
  check        counts the rows that a replay of the log would make different: --view NAME, or all
services: ${Object.keys(services).join(', ')}`;

interface Wish {
  readonly service: string;
  readonly from: string | undefined;
  readonly view: string | undefined;
}

const viewsOf = ({ store }: Tools, view: string | undefined): readonly string[] =>
  view === undefined ? store.views.map(({ name }) => name) : [view];

const inTurn = async <T>(names: readonly string[], work: (name: string) => Promise<T>): Promise<readonly T[]> => {
  const results: T[] = [];
  for (const name of names) results.push(await work(name));
  return results;
};

const works: Readonly<Record<string, (tools: Tools, wish: Wish) => Promise<unknown>>> = {
  audit: async ({ store, nats }) => {
    const { checked, missing } = await audit({ store, nats });
    return { checked, missing: missing.map(({ id }) => id) };
  },
  refill: ({ store, nats, log }, { from }) => refill({ store, nats, log, from: from === undefined ? 'start' : new Date(from) }),
  dead: ({ nats }, { service }) => deadLetters(nats, { service }),
  'replay-dead': ({ nats }, { service }) => replayDead(nats, { service }),
  rebuild: (tools, { view }) => inTurn(viewsOf(tools, view), (name) => rebuildView(tools.store, name)),
  check: (tools, { view }) => inTurn(viewsOf(tools, view), async (name) => ({ view: name, different: await checkView(tools.store, name) })),
};

const { positionals, values } = parseArgs({
  args: process.argv.slice(2),
  options: { from: { type: 'string' }, view: { type: 'string' } },
  allowPositionals: true,
});
const [what = '', name = ''] = positionals;
const work = works[what];
const service = services[name];

if (work && service) {
  const result = await service.upkeep(process.env, (tools) => work(tools, { service: name, from: values.from, view: values.view }));
  process.stdout.write(`${JSON.stringify({ service: name, ...(Array.isArray(result) ? { [what]: result } : Object(result)) })}\n`);
} else {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 64;
}
