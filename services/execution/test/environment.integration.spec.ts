import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { execution, type OrgRole, type RequestContext, rolePermissions } from '@orrery/contracts';
import { fingerprint } from '@orrery/event-store';
import { eventually } from '@orrery/testing';
import { World } from './world/world.ts';

jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterEach(() => world.tidy(), 40_000);
afterAll(() => world.close(), 30_000);

type Settings = readonly { readonly name: string; readonly value: string; readonly isSecret?: boolean }[];

/** An organization of its own. */
const organization = () => {
  const orgId = randomUUID();
  const list = async () => (await world.get(execution.ListVariables, { limit: 500 }, { orgId })).items;
  return {
    orgId,
    list,
    set: (variables: Settings, more: object = {}) => world.ask(execution.SetVariables, { variables: [...variables] }, { orgId, ...more }),
    idOf: async (name: string) => execution.VariableId.parse((await list()).find((each) => each.name === name)?.id),
    remove: (variableId: execution.VariableId) => world.ask(execution.RemoveVariable, { variableId }, { orgId }),
    submit: () => world.submit({}, { orgId }),
  };
};

const refusalOf = (outcome: { readonly accepted: boolean }): unknown => (outcome.accepted ? 'accepted' : Reflect.get(outcome, 'rejection'));

/** Everything that the service has written, as text. */
const everything = async (): Promise<string> => {
  const { rows: tables } = await world.pool.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'");
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await world.pool.query<{ text: string }>(`SELECT t::text AS text FROM "${name}" t`);
    texts.push(...rows.map(({ text }) => `${name} ${text}`));
  }
  return texts.join('\n');
};

describe('Environment variables', () => {
  it('are read at once, by name, and a secret without its value', async () => {
    const { set, list } = organization();
    const outcome = await set([
      { name: 'TOKEN', value: 'hidden' },
      { name: 'COLOUR', value: 'blue', isSecret: false },
    ]);
    const items = await list();
    expect(items).toMatchObject([
      { name: 'COLOUR', value: 'blue', isSecret: false },
      { name: 'TOKEN', value: null, isSecret: true },
    ]);
    expect(outcome).toEqual({ accepted: true, value: { items } });
  });

  it('are set again under their name, keeping their id, and turned into secrets', async () => {
    const { set, list } = organization();
    await set([{ name: 'COLOUR', value: 'blue', isSecret: false }]);
    const [before] = await list();
    await set([{ name: 'COLOUR', value: 'red' }]);
    const [after, ...others] = await list();
    expect(others).toEqual([]);
    expect(after).toMatchObject({ id: before?.id, createdAt: before?.createdAt, value: null, isSecret: true });
    expect(Date.parse(after?.updatedAt ?? '')).toBeGreaterThan(Date.parse(before?.updatedAt ?? ''));
  });

  it('are found by the programs of their organization, as they are when a program starts, and by no others', async () => {
    const agent = await world.machine();
    const [ada, eve] = [organization(), organization()];
    await ada.set([
      { name: 'A', value: 'before' },
      { name: 'B', value: 'b', isSecret: false },
    ]);
    await ada.set([{ name: 'A', value: 'ünïcode\n"quoted"' }]);
    const [hers, others] = [await ada.submit(), await eve.submit()];
    expect((await agent.holds(hers.id)).spec.env).toEqual({ A: 'ünïcode\n"quoted"', B: 'b' });
    expect((await agent.holds(others.id)).spec.env).toEqual({});
    await ada.remove(await ada.idOf('A'));
    expect((await agent.holds((await ada.submit()).id)).spec.env).toEqual({ B: 'b' });
  });

  it('are set all or none', async () => {
    const { set, list } = organization();
    const many = (from: number, count: number) => Array.from({ length: count }, (_, n) => ({ name: `N${from + n}`, value: '' }));
    await set(many(0, 99));
    expect(refusalOf(await set(many(99, 2)))).toEqual({ code: 'TooManyVariables', details: { limit: 100 } });
    expect(await list()).toHaveLength(99);
    const large = Array.from({ length: 5 }, (_, n) => ({ name: `N${n}`, value: 'x'.repeat(32_768) }));
    expect(refusalOf(await set(large))).toEqual({ code: 'VariablesTooLarge', details: { limit: 131_072 } });
  });

  it('of others look like those that never were', async () => {
    const [ada, eve] = [organization(), organization()];
    await ada.set([{ name: 'A', value: 'a' }]);
    const id = await ada.idOf('A');
    expect(await eve.list()).toEqual([]);
    const theirs = refusalOf(await eve.remove(id));
    expect(theirs).toEqual({ code: 'VariableNotFound', details: {} });
    expect(refusalOf(await eve.remove(execution.VariableId.parse(randomUUID())))).toEqual(theirs);
    expect(await ada.list()).toHaveLength(1);
  });

  it('are for those who hold the permission', async () => {
    const { orgId } = organization();
    const as = (role: OrgRole): Partial<RequestContext> => ({
      orgId,
      principal: { kind: 'user', id: randomUUID(), permissions: [...rolePermissions[role]] },
    });
    for (const role of ['viewer', 'billing'] as const) {
      const more = as(role);
      expect(refusalOf(await world.ask(execution.ListVariables, {}, more))).toMatchObject({ code: 'Forbidden' });
      expect(refusalOf(await world.ask(execution.SetVariables, { variables: [{ name: 'A', value: '1' }] }, more))).toMatchObject({
        code: 'Forbidden',
      });
      expect(refusalOf(await world.ask(execution.RemoveAllVariables, {}, more))).toMatchObject({ code: 'Forbidden' });
    }
    expect(refusalOf(await world.ask(execution.ListVariables, {}, as('member')))).toBe('accepted');
  });

  it('lie nowhere in clear, neither does their name, and nothing tells whoever guesses a value', async () => {
    const { set, submit } = organization();
    const [secret, name] = [randomBytes(12).toString('hex'), `N${randomBytes(8).toString('hex')}`];
    const agent = await world.machine();
    const more = { commandId: randomUUID(), idempotent: true };
    const wishes = [
      { name, value: secret },
      { name: `${name}_PLAIN`, value: `${secret}!`, isSecret: false },
    ];
    await set(wishes, more);
    await agent.begin(await agent.holds((await submit()).id));
    const text = await everything();
    expect(text).toContain('VariableSet');
    for (const told of [secret, Buffer.from(secret).toString('base64url'), Buffer.from(secret).toString('hex')])
      expect(text).not.toContain(told);
    expect(text).not.toContain(createHash('sha256').update(secret).digest('hex'));
    expect(text).not.toContain(fingerprint({ variables: wishes }));
    // Names are shown by the view alone: in the log they are sealed.
    expect(
      text
        .split('\n')
        .filter((line) => line.includes(name))
        .every((line) => line.startsWith('variables ')),
    ).toBe(true);
  });

  it('are set once, however often the request is sent, and another request under its key is refused', async () => {
    const { set, list } = organization();
    const more = { commandId: randomUUID(), idempotent: true };
    await set([{ name: 'A', value: '1' }], more);
    const [before] = await list();
    expect(refusalOf(await set([{ name: 'A', value: '1' }], more))).toBe('accepted');
    expect(await list()).toEqual([before]);
    expect(refusalOf(await set([{ name: 'A', value: '2' }], more))).toMatchObject({ code: 'IdempotencyKeyReused' });
  });

  it('are forgotten for good when they are removed, and when their organization is deleted', async () => {
    const { set, list, remove, idOf, orgId } = organization();
    const kept = async () => (await world.pool.query('SELECT FROM variable_values WHERE org_id = $1', [orgId])).rowCount;
    const name = `N${randomBytes(8).toString('hex')}`;
    await set([
      { name, value: '1' },
      { name: 'B', value: '2' },
      { name: 'C', value: '3' },
    ]);
    await remove(await idOf('B'));
    expect([await kept(), (await list()).length]).toEqual([2, 2]);
    await world.neighbours.delete(orgId);
    await eventually(async () => expect([await kept(), await list()]).toEqual([0, []]), { within: 20_000 });
    await eventually(async () =>
      expect(await world.pool.query('SELECT FROM person_keys WHERE person = $1', [orgId])).toMatchObject({ rowCount: 0 }),
    );
    await eventually(async () => expect(await everything()).not.toContain(name));
    expect(refusalOf(await set([{ name: 'A', value: '1' }]))).toEqual({ code: 'OrgSuspended', details: {} });
  });

  it('all go at once, where somebody wants so', async () => {
    const { set, list, orgId } = organization();
    await set([
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]);
    await world.get(execution.RemoveAllVariables, {}, { orgId });
    expect(await list()).toEqual([]);
    await world.get(execution.RemoveAllVariables, {}, { orgId });
  });
});
