import { randomUUID } from 'node:crypto';
import { events, identity, instantOf, newId, UserId } from '@orrery/contracts';
import { eventually, startNats, startPostgres } from '@orrery/testing';
import { z } from 'zod';
import { type Deps, type ServiceDefinition, type Started, service, serviceVariables, startAll } from '../src/index.ts';

// Whole processes and servers start here, on machines that may be busy.
jest.setTimeout(60_000);

const NoteEvents = events(
  'notes',
  { NoteTaken: z.strictObject({ by: UserId, text: z.string() }) },
  { NoteTaken: { personal: { of: 'by', fields: ['text'] } } },
);

describe('a service that keeps what tells of people', () => {
  let nats: Awaited<ReturnType<typeof startNats>>;
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let started: Started;
  const deps = new Map<string, Deps>();

  const named = (name: string, definition: Pick<ServiceDefinition<never>, 'events'>) =>
    service({
      name,
      config: z.object(serviceVariables(name)),
      ...definition,
      module: (given) => {
        deps.set(name, given);
        return { controllers: [] };
      },
    });
  const storeOf = (name: string): Deps['store'] => {
    const given = deps.get(name);
    if (!given) throw new Error(`${name} has not started`);
    return given.store;
  };
  const metadata = { correlationId: 'c', causationId: 'c', actor: 'test' };

  beforeAll(async () => {
    [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
    started = await startAll([named('identity', { events: [identity.IdentityEvents] }), named('notes', { events: [NoteEvents] })], {
      ORRERY_POSTGRES_URL: postgres.url,
      ORRERY_NATS_URL: nats.url,
      ORRERY_SECRET: '00'.repeat(32),
    });
  });
  afterAll(async () => {
    await started?.stop();
    await Promise.all([nats?.stop(), postgres?.stop()]);
  });

  it('forgets whoever is deleted, and nobody else', async () => {
    const [ada, bob] = [newId(UserId), newId(UserId)];
    const notes = storeOf('notes');
    for (const by of [ada, bob]) {
      const noted = [{ type: 'NoteTaken', data: { by, text: `by ${by}` } }];
      await notes.commit({ appends: [{ stream: `note-${by}`, expected: 0, events: noted }], metadata });
    }
    const textOf = async (by: string) => (await notes.happened<{ type: string; data: { text: string } }>(`note-${by}`))[0]?.data.text;
    expect(await textOf(ada)).toBe(`by ${ada}`);
    const deleted = [{ type: 'UserDeleted', data: { userId: ada, at: instantOf(Date.now()) } }];
    await storeOf('identity').commit({ appends: [{ stream: `user-${randomUUID()}`, expected: 0, events: deleted }], metadata });
    await eventually(async () => expect(await textOf(ada)).toBe('[erased]'), { within: 20_000 });
    expect(await textOf(bob)).toBe(`by ${bob}`);
  });
});
