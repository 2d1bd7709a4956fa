import { catalog as contracts, formatNanos } from '@orrery/contracts';
import { asOperator, asOwner, contextOf } from '@orrery/testing';
import { type Running, startCatalog } from './fixtures/running.ts';

let running: Running;
const ask: Running['ask'] = (...asked) => running.ask(...asked);

beforeAll(async () => {
  running = await startCatalog();
}, 60_000);

afterAll(() => running.stop(), 30_000);

const customer = contextOf(asOwner('0199a000-0000-7000-8000-000000000001'), { orgId: '0199a000-0000-7000-8000-000000000002' });
const operator = () => contextOf(asOperator);

const resources = { cpuMilli: 1_000, memoryMib: 512, gpus: 0 };
const priced = (resource: string, nanos: bigint) =>
  ({ meter: 'run.seconds', resource, unit: 'second', nanosPerUnit: formatNanos(nanos) }) as const;

describe('the catalog', () => {
  it('has no prices before an operator sets them', async () => {
    expect(await running.bus.ask(contracts.GetPriceBook, {}, customer)).toMatchObject({
      accepted: false,
      rejection: { code: 'NoPriceBook' },
    });
  });

  it('lists what is offered, page by page, with the price in force', async () => {
    for (const name of ['cpu', 'gpu.a100', 'gpu.h100']) await ask(contracts.PublishMachineType, { name, resources }, operator());
    const book = await ask(
      contracts.PublishPriceBook,
      { currency: 'EUR', prices: [priced('cpu', 25n), priced('gpu.a100', 900n)] },
      operator(),
    );
    expect(book.version).toBe(1);
    const first = await ask(contracts.ListMachineTypes, { limit: 2 }, customer);
    expect(first.items).toMatchObject([
      { name: 'cpu', nanosPerSecond: '25', currency: 'EUR' },
      { name: 'gpu.a100', nanosPerSecond: '900' },
    ]);
    const rest = await ask(contracts.ListMachineTypes, { limit: 2, cursor: first.nextCursor }, customer);
    expect(rest).toMatchObject({ items: [{ name: 'gpu.h100', nanosPerSecond: null }] });
    expect(rest.nextCursor).toBeUndefined();
  });

  it('keeps prices that are announced apart from those in force', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const announced = await ask(
      contracts.PublishPriceBook,
      { currency: 'EUR', prices: [priced('cpu', 30n)], effectiveAt: tomorrow },
      operator(),
    );
    expect(announced).toMatchObject({ version: 2, effectiveAt: tomorrow });
    expect((await ask(contracts.GetPriceBook, {}, customer)).version).toBe(1);
    expect((await ask(contracts.GetPriceBook, { at: tomorrow }, customer)).version).toBe(2);
  });

  it('lists no longer what was retired', async () => {
    await ask(contracts.RetireMachineType, { name: 'gpu.h100' }, operator());
    const { items } = await ask(contracts.ListMachineTypes, {}, customer);
    expect(items.map(({ name }) => name)).toEqual(['cpu', 'gpu.a100']);
  });

  it('is changed by operators alone', async () => {
    const outcome = await running.bus.ask(contracts.PublishMachineType, { name: 'cpu', resources }, customer);
    expect(outcome).toMatchObject({ accepted: false, rejection: { code: 'Forbidden' } });
  });

  it('refuses a cursor that no page gave', async () => {
    const outcome = await running.bus.ask(contracts.ListMachineTypes, { cursor: 'made-up' }, customer);
    expect(outcome).toMatchObject({ accepted: false, rejection: { code: 'InvalidInput' } });
  });
});
