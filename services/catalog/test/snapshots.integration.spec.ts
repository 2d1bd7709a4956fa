import { catalog as contracts, formatNanos, type Operation, type OutputOf, type RequestOf } from '@orrery/contracts';
import { type Bus, connectBus, type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import { type Started, startAll } from '@orrery/process';
import { asOperator, contextOf, eventually, type FreshDatabase, freshDatabase, startNats } from '@orrery/testing';
import { connect } from 'nats';
import { catalog } from '../src/index.ts';

let nats: Awaited<ReturnType<typeof startNats>>;
let database: FreshDatabase;
let service: Started;
let bus: Bus;
let told: SnapshotWatcher<typeof contracts.Snapshots.models.value>;

const start = (): Promise<Started> =>
  startAll([catalog], {
    ORRERY_POSTGRES_URL: database.url,
    ORRERY_CATALOG_DATABASE_URL: database.url,
    ORRERY_NATS_URL: nats.url,
    ORRERY_SECRET: '33'.repeat(32),
  });

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshDatabase('catalog')]);
  service = await start();
  bus = await connectBus({ url: nats.url, name: 'test' });
  const onFault = (): void => undefined;
  told = watchSnapshot(bus, { snapshot: contracts.Snapshots.models, onFault });
  await told.ready;
}, 60_000);

afterAll(async () => {
  await told.close();
  await bus.close();
  await service.stop();
  await Promise.all([nats.stop(), database.drop()]);
}, 30_000);

const ask = async <X extends Operation>(operation: X, input: RequestOf<X>): Promise<OutputOf<X>> => {
  const outcome = await bus.ask(operation, input, contextOf(asOperator));
  if (!outcome.accepted) throw new Error(`refused: ${JSON.stringify(outcome.rejection)}`);
  return outcome.value;
};

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
    await service.stop();
    const connection = await connect({ servers: nats.url });
    const manager = await connection.jetstreamManager();
    await manager.streams.delete(`KV_${contracts.Snapshots.models.bucket}`);
    await connection.close();
    service = await start();
    const fresh = watchSnapshot(bus, { snapshot: contracts.Snapshots.models, onFault: () => undefined });
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
