import { connect, type NatsConnection } from 'nats';
import type { TableRow } from '../../src/edge/route-table.ts';
import { type Platform, startPlatform } from '../fixtures/platform.ts';
import { pathFor, wellFormed } from '../matrix/calls.ts';
import { People, type Said, type Somebody, sender } from '../matrix/people.ts';
import { hostile, textsIn, withText } from './hostile.ts';

const atOnce = 8;
/** Of a published API the paths are its own; what it passes on is the operations', which are tried with everything. */
const fewer = 5;

/** Every subject that may be heard on the bus. What comes from outside is at most the id of an organization or of a stream. */
const subjects = [
  /^ask\.(identity|catalog|inference|execution|billing|observability)\.[a-z]+(-[a-z]+)*$/,
  /^ask\.[a-z]+\.flow\.[\w-]+$/,
  /^log\.[a-z]+\.[A-Za-z]+\.[\w-]+\.[\w-]+$/,
  /^_INBOX(_[a-z]+)?(\.[\w-]+)+$/,
  /^\$JS\.(API|ACK|EVENT|EVENTS|FC)\.[\w.$*>-]+$/,
  /^\$KV\.[a-z-]+\.[\w=.-]+$/,
];

interface Shot {
  readonly what: string;
  readonly path: string;
  readonly said: Said;
}

const withQuery = (path: string, query: Readonly<Record<string, unknown>>): string => {
  const fields = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  return fields.length === 0 ? path : `${path}?${new URLSearchParams(fields).toString()}`;
};

const chosen = (row: TableRow, place: number): readonly string[] => {
  if (row.url.startsWith('/orrery/')) return hostile;
  return Array.from({ length: fewer }, (_, turn) => hostile[(place * fewer + turn) % hostile.length] ?? '');
};

/** Every text of the path and of what goes with it, one after the other, as everything that is hostile. */
const shotsAt = (row: TableRow, body: Readonly<Record<string, unknown>>, slug: string): readonly Shot[] => {
  const isInQuery = row.method === 'GET' || row.method === 'DELETE';
  const fields = [...row.url.matchAll(/:(\w+)/g)].flatMap(([, field]) => field ?? []);
  const inPath = fields.flatMap((field, place) =>
    chosen(row, place).map((text): Shot => {
      // Half a character cannot be written in a path at all.
      const things = { [field]: encodeURIComponent(text.replace('\ud800', '\ufffd')) };
      const path = pathFor({ ...row, url: row.url.replace(`:${field}`, things[field] ?? '') }, slug, things);
      return { what: `${row.method} ${row.url} ${field}`, path, said: wellFormed(row) };
    }),
  );
  const path = pathFor(row, slug, {});
  const beside = textsIn(body).flatMap((place, index) =>
    chosen(row, fields.length + index).map((text): Shot => {
      const value = withText(body, place, text) as Readonly<Record<string, unknown>>;
      const what = `${row.method} ${row.url} ${place.join('.')}`;
      if (isInQuery)
        return { what, path: withQuery(path, Object.fromEntries(Object.entries(value).slice(0, 30))), said: { method: row.method } };
      return { what, path, said: { method: row.method, body: value } };
    }),
  );
  return [...inPath, ...beside];
};

/** An attacker who has an account, an organization and all rights in it; the operator's routes are shot at with the operator's key. */
class Attacker {
  #somebody: Somebody | undefined;
  constructor(
    private readonly platform: Platform,
    private readonly people: People,
  ) {}

  /** Some shots hit: who has ended the own session, or renamed the own organization, begins anew. */
  async ready(): Promise<Somebody> {
    const send = sender(this.platform.url);
    const known = this.#somebody;
    if (known && (await send(`/orrery/v1/orgs/${known.slug}`, { headers: this.people.as(known) })).status === 200) return known;
    this.#somebody = await this.people.somebody('attacker');
    return this.#somebody;
  }

  headersFor({ policy }: TableRow, somebody: Somebody): Readonly<Record<string, string>> {
    if ('openTo' in policy) return {};
    const accesses = policy.route.operations.map(({ access }) => access);
    if (accesses.includes('operator')) return { authorization: `Bearer ${this.platform.operatorKey}` };
    return accesses.every((access) => access === 'public') ? {} : this.people.as(somebody, somebody.slug);
  }
}

describe('A hostile text, wherever one can be sent', () => {
  let platform: Platform;
  let listener: NatsConnection;
  const heard = new Set<string>();

  beforeAll(async () => {
    platform = await startPlatform();
    listener = await connect({ servers: platform.natsUrl });
    listener.subscribe('>', { callback: (_, { subject }) => void heard.add(subject) });
    await listener.flush();
  }, 120_000);
  afterAll(async () => {
    await listener?.close();
    await platform?.stop();
  }, 30_000);

  it('breaks nothing, and is never a subject of the bus', async () => {
    const send = sender(platform.url);
    const attacker = new Attacker(platform, new People(platform));
    const broken: string[] = [];
    const statuses = new Map<number, number>();
    const guarded = platform.routes.filter(({ method }) => method !== 'HEAD');
    for (const row of guarded) {
      const somebody = await attacker.ready();
      const isForOperator = 'route' in row.policy && row.policy.route.operations.some(({ access }) => access === 'operator');
      // The operator may do anything to an organization: not to the attacker's, who is needed.
      const slug = isForOperator ? 'no-such-org' : somebody.slug;
      const said = wellFormed({ ...row, method: 'POST' });
      const shots = [...shotsAt(row, said.body as Readonly<Record<string, unknown>>, slug)].reverse();
      const headers = attacker.headersFor(row, somebody);
      const shoot = async (): Promise<void> => {
        for (let shot = shots.pop(); shot; shot = shots.pop()) {
          const { status, text } = await send(shot.path, { ...shot.said, headers });
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (status >= 500)
            broken.push(`${shot.what}: ${status} ${text.slice(0, 300)} for ${JSON.stringify(shot.said.body ?? shot.path).slice(0, 300)}`);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, shoot));
    }
    expect(broken).toEqual([]);
    // Some are let in, most are not, and nearly all of them were looked at.
    expect(statuses.get(200)).toBeGreaterThan(50);
    expect(statuses.get(400)).toBeGreaterThan(1_000);
    expect([...heard].filter((subject) => !subjects.some((form) => form.test(subject))).slice(0, 20)).toEqual([]);
    expect(heard.size).toBeGreaterThan(100);
  }, 480_000);
});
