import { catalog as contracts, formatNanos, newId, type Operation, type RequestContext, type RequestOf } from '@orrery/contracts';
import { asOperator, asOwner, contextOf } from '@orrery/testing';
import { type Running, startCatalog } from './fixtures/running.ts';

let running: Running;
const ask: Running['ask'] = (...asked) => running.ask(...asked);

beforeAll(async () => {
  running = await startCatalog();
}, 60_000);

afterAll(() => running.stop(), 30_000);

const customer = contextOf(asOwner('0199a000-0000-7000-8000-000000000001'), { orgId: '0199a000-0000-7000-8000-000000000002' });
const nobody = contextOf({ kind: 'nobody' });

const refusalOf = async <X extends Operation>(operation: X, input: RequestOf<X>, context?: RequestContext) => {
  const outcome = await running.bus.ask(operation, input, context ?? contextOf(asOperator));
  return outcome.accepted ? 'accepted' : outcome.rejection.code;
};
const namesIn = ({ items }: { readonly items: readonly { readonly name: string }[] }) => items.map(({ name }) => name);

describe('the models of the catalog', () => {
  beforeAll(async () => {
    for (const provider of ['orrery', 'acme']) await ask(contracts.RegisterProvider, { provider, name: provider.toUpperCase() });
    await ask(contracts.RegisterModel, {
      name: 'orrery/tiny-chat',
      type: 'text',
      aliases: ['tiny', 'Tiny-Chat'],
      capabilities: ['chat', 'tools', 'json-schema'],
      description: 'Speaks of 100 % nonsense',
      metadata: { z: '1', a: '2' },
    });
    await ask(contracts.RegisterModel, { name: 'orrery/tiny-embed', type: 'embedding', capabilities: ['embeddings'], family: 'tiny' });
    await ask(contracts.RegisterModel, { name: 'acme/eyes', type: 'multimodal', capabilities: ['chat', 'vision'] });
    await ask(contracts.SetModelLive, { model: 'acme/eyes', isLive: true });
  });

  it('are from providers that are known', async () => {
    expect(await refusalOf(contracts.RegisterModel, { name: 'nobody/model', type: 'text' })).toBe('ProviderNotFound');
    const { items } = await ask(contracts.ListProviders, {}, nobody);
    expect(items).toMatchObject([
      { provider: 'acme', name: 'ACME', models: 1 },
      { provider: 'orrery', models: 2 },
    ]);
    expect(await refusalOf(contracts.RetireProvider, { provider: 'acme' })).toBe('ProviderHasModels');
  });

  it('are found by id, name and other names, in whatever letters', async () => {
    const byName = await ask(contracts.GetModel, { model: 'orrery/tiny-chat' }, customer);
    expect(byName).toMatchObject({ provider: 'orrery', isLive: false, pricing: null, metadata: { a: '2', z: '1' }, contextLength: null });
    for (const model of [byName.modelId, byName.modelId.toUpperCase(), 'tiny', 'TINY-CHAT', 'Orrery/Tiny-Chat']) {
      expect(await ask(contracts.GetModel, { model }, customer)).toEqual(byName);
    }
    expect(await refusalOf(contracts.GetModel, { model: newId(contracts.ModelId) }, customer)).toBe('ModelNotFound');
    const { metadata: _, ...shownToAll } = byName;
    expect(await ask(contracts.GetPublicModel, { model: 'tiny' }, nobody)).toEqual(shownToAll);
  });

  it('are listed by what they are, and by words', async () => {
    const listed = async (filters: RequestOf<typeof contracts.ListModels>) => namesIn(await ask(contracts.ListModels, filters, customer));
    expect(await listed({})).toEqual(['acme/eyes', 'orrery/tiny-chat', 'orrery/tiny-embed']);
    expect(await listed({ provider: 'orrery', type: 'embedding' })).toEqual(['orrery/tiny-embed']);
    expect(await listed({ capability: 'chat' })).toEqual(['acme/eyes', 'orrery/tiny-chat']);
    expect(await listed({ isLive: 'true' })).toEqual(['acme/eyes']);
    expect(await listed({ search: 'TINY' })).toEqual(['orrery/tiny-chat', 'orrery/tiny-embed']);
    expect(await listed({ search: '100 %' })).toEqual(['orrery/tiny-chat']);
    expect(await listed({ search: 'x%e' })).toEqual([]);
  });

  it('are paged by cursor, and by offset with their number', async () => {
    const first = await ask(contracts.ListModels, { limit: 2 }, customer);
    expect(namesIn(await ask(contracts.ListModels, { limit: 2, cursor: first.nextCursor }, customer))).toEqual(['orrery/tiny-embed']);
    const skipped = await ask(contracts.ListPublicModels, { limit: 1, offset: 1, provider: 'orrery' }, nobody);
    expect([namesIn(skipped), skipped.total]).toEqual([['orrery/tiny-embed'], 2]);
    expect(skipped.items[0]).not.toHaveProperty('metadata');
  });

  it('have names that no other model has', async () => {
    expect(await refusalOf(contracts.RegisterModel, { name: 'orrery/TINY-CHAT', type: 'text' })).toBe('ModelNameTaken');
    expect(await refusalOf(contracts.RegisterModel, { name: 'acme/other', type: 'text', aliases: ['tiny'] })).toBe('ModelNameTaken');
    expect(await refusalOf(contracts.ChangeModel, { model: 'acme/eyes', aliases: ['orrery/tiny-embed'] })).toBe('ModelNameTaken');
    expect(await refusalOf(contracts.GetModel, { model: 'acme/other' }, customer)).toBe('ModelNotFound');
  });

  it('give a name free when they change or go, and take it in the same step', async () => {
    await ask(contracts.ChangeModel, { model: 'acme/eyes', aliases: ['eyes', 'gaze'] });
    await ask(contracts.ChangeModel, { model: 'eyes', aliases: ['gaze'] });
    const made = await ask(contracts.RegisterModel, { name: 'acme/other', type: 'text', aliases: ['eyes'] });
    await ask(contracts.RetireModel, { model: 'eyes' });
    expect(await refusalOf(contracts.GetModel, { model: made.modelId }, customer)).toBe('ModelNotFound');
    expect(await refusalOf(contracts.RetireModel, { model: made.modelId })).toBe('ModelNotFound');
    const again = await ask(contracts.RegisterModel, { name: 'acme/other', type: 'image' });
    expect(again.modelId).not.toBe(made.modelId);
    await ask(contracts.RetireModel, { model: 'acme/other' });
  });

  it('are registered once by one command, however often it is sent', async () => {
    const context = contextOf(asOperator);
    const wish = { name: 'acme/once', type: 'text' } as const;
    const first = await ask(contracts.RegisterModel, wish, context);
    expect(await ask(contracts.RegisterModel, wish, context)).toEqual(first);
    await ask(contracts.RetireModel, { model: 'acme/once' });
  });

  it('show the prices that are in force', async () => {
    const price = { meter: 'tokens.input', resource: 'orrery/tiny-chat', unit: 'million-tokens', nanosPerUnit: formatNanos(150n) } as const;
    await ask(contracts.PublishPriceBook, { currency: 'EUR', prices: [price] });
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    await ask(contracts.PublishPriceBook, { currency: 'EUR', prices: [{ ...price, unit: 'token' }], effectiveAt: tomorrow });
    const { pricing } = await ask(contracts.GetPublicModel, { model: 'tiny' }, nobody);
    expect(pricing).toEqual({ currency: 'EUR', version: 1, prices: [price] });
    expect((await ask(contracts.GetModel, { model: 'acme/eyes' }, customer)).pricing).toBeNull();
    expect((await ask(contracts.GetPriceBook, { version: 2 }, customer)).prices).toEqual([{ ...price, unit: 'token' }]);
    expect((await ask(contracts.ListPriceBooks, {}, customer)).items).toMatchObject([
      { version: 2, prices: 1, effectiveAt: tomorrow },
      { version: 1, prices: 1 },
    ]);
  });

  it('are found all at once for whoever may call some of them alone', async () => {
    const { modelId } = await ask(contracts.GetModel, { model: 'acme/eyes' }, customer);
    const { items } = await ask(contracts.FindModels, { models: [modelId, 'tiny', 'orrery/tiny-chat', 'no-such'] }, customer);
    expect(namesIn({ items })).toEqual(['acme/eyes', 'orrery/tiny-chat']);
  });

  it('have numbers, given once', async () => {
    const { items } = await ask(contracts.ListModels, {}, customer);
    const modelIds = items.map(({ modelId }) => modelId);
    const first = await ask(contracts.NumberModels, { modelIds: modelIds.slice(0, 1) }, customer);
    const all = await ask(contracts.NumberModels, { modelIds }, customer);
    expect(all.items[0]).toEqual(first.items[0]);
    expect(new Set(all.items.map(({ number }) => number)).size).toBe(modelIds.length);
    const [{ number = 0, modelId = '' } = {}] = all.items;
    expect((await ask(contracts.FindNumberedModel, { number }, customer)).modelId).toBe(modelId);
    expect(await refusalOf(contracts.FindNumberedModel, { number: 1_000 }, customer)).toBe('ModelNotFound');
    expect(await refusalOf(contracts.NumberModels, { modelIds: [newId(contracts.ModelId)] }, customer)).toBe('ModelNotFound');
  });

  it('are changed by operators alone', async () => {
    for (const [operation, input] of [
      [contracts.RegisterModel, { name: 'acme/mine', type: 'text' }],
      [contracts.ChangeModel, { model: 'tiny' }],
      [contracts.SetModelLive, { model: 'tiny', isLive: true }],
      [contracts.RetireModel, { model: 'tiny' }],
      [contracts.RegisterProvider, { provider: 'mine', name: 'Mine' }],
      [contracts.RetireProvider, { provider: 'acme' }],
    ] as const) {
      expect(await refusalOf<Operation>(operation, input, customer)).toBe('Forbidden');
    }
    expect(await refusalOf(contracts.ListModels, {}, nobody)).toBe('Unauthenticated');
  });
});
