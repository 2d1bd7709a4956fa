import { catalog as contracts, formatNanos } from '@orrery/contracts';
import { type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import { eventually } from '@orrery/testing';
import { connect } from 'nats';
import { type Running, startCatalog } from './fixtures/running.ts';

let running: Running;
let told: SnapshotWatcher<typeof contracts.Snapshots.models.value>;
const ask: Running['ask'] = (...asked) => running.ask(...asked);

beforeAll(async () => {
  running = await startCatalog();
  told = watchSnapshot(running.bus, { snapshot: contracts.Snapshots.models, onFault: () => undefined });
  await told.ready;
}, 60_000);

afterAll(async () => {
  await told.close();
  await running.stop();
}, 30_000);

const priceOf = (nanos: bigint): contracts.ModelPrice => ({
  meter: 'tokens.input',
  resource: 'acme/one',
  unit: 'token',
  nanosPerUnit: formatNanos(nanos),
});

describe('What gateways are told of models', () => {
  let modelId: contracts.ModelId;

  beforeAll(async () => {
    await ask(contracts.RegisterProvider, { provider: 'acme', name: 'Acme' });
    const card = { aliases: ['One'], contextLength: 8_192, maxOutputTokens: 1_024 };
    ({ modelId } = await ask(contracts.RegisterModel, { name: 'acme/one', type: 'text', ...card }));
  });

  it('is each of them with its names, its bounds and whether it is live, as soon as it changes', async () => {
    const bounds = { contextLength: 8_192, maxOutputTokens: 1_024 };
    await eventually(() =>
      expect(told.get(modelId)).toMatchObject({ name: 'acme/one', aliases: ['One'], isLive: false, ...bounds, books: [] }),
    );
    await ask(contracts.SetModelLive, { model: 'one', isLive: true });
    await ask(contracts.ChangeModel, { model: 'one', aliases: ['uno'] });
    await eventually(() => expect(told.get(modelId)).toMatchObject({ aliases: ['uno'], isLive: true }));
  });

  it('is the prices that hold, those that were announced, and the version of each', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    await ask(contracts.PublishPriceBook, { currency: 'EUR', prices: [priceOf(5n)] });
    await ask(contracts.PublishPriceBook, { currency: 'EUR', prices: [priceOf(6n)], effectiveAt: tomorrow });
    const books = [
      { version: 1, currency: 'EUR', prices: [{ nanosPerUnit: '5' }] },
      { version: 2, currency: 'EUR', effectiveAt: tomorrow, prices: [{ nanosPerUnit: '6' }] },
    ];
    await eventually(() => expect(told.get(modelId)).toMatchObject({ books }));
  });

  it('is compared with what is true when the service starts again and the bus has lost it', async () => {
    await running.pause();
    const connection = await connect({ servers: running.natsUrl });
    const manager = await connection.jetstreamManager();
    await manager.streams.delete(`KV_${contracts.Snapshots.models.bucket}`);
    await connection.close();
    await running.resume();
    const fresh = watchSnapshot(running.bus, { snapshot: contracts.Snapshots.models, onFault: () => undefined });
    try {
      await eventually(() =>
        expect(fresh.get(modelId)).toMatchObject({ name: 'acme/one', isLive: true, books: [{ version: 1 }, { version: 2 }] }),
      );
    } finally {
      await fresh.close();
    }
  }, 30_000);

  it('is nothing of a model that was retired', async () => {
    await ask(contracts.RetireModel, { model: 'uno' });
    await eventually(() => expect(told.get(modelId)).toBeUndefined());
  });
});
