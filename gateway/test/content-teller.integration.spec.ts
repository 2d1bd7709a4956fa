import { inference } from '@orrery/contracts';
import { commonStreams, ensureStreams } from '@orrery/event-store';
import { type Bus, connectBus } from '@orrery/messaging';
import { logOf, metricsText } from '@orrery/telemetry';
import { eventually, startNats } from '@orrery/testing';
import { ContentTeller } from '../src/inference/content/content-teller.ts';
import { Room } from '../src/inference/replay/room.ts';

const log = logOf('gateway');
const mebibyte = 1_048_576;
const payload = Buffer.alloc(mebibyte / 4, 'x');

describe('What waits to be logged', () => {
  let nats: Awaited<ReturnType<typeof startNats>>;
  let bus: Bus;

  beforeAll(async () => {
    nats = await startNats();
    bus = await connectBus({ url: nats.url, name: 'gateway' });
    await ensureStreams(await bus.connection.jetstreamManager(), commonStreams());
  }, 60_000);
  afterAll(async () => {
    await bus?.close();
    await nats?.stop();
  }, 30_000);

  const told = async (): Promise<number> => {
    const manager = await bus.connection.jetstreamManager();
    return (await manager.streams.info(inference.contentTransport.stream)).state.messages;
  };
  const dropped = async (): Promise<number> =>
    Number(/orrery_inference_content_total\{outcome="dropped"\} (\d+)/.exec(await metricsText())?.[1] ?? 0);

  it('is told, each once, and gives its memory back', async () => {
    const room = new Room(64 * mebibyte);
    const teller = new ContentTeller({ bus, room, log });
    for (let index = 0; index < 20; index += 1) expect(teller.tell(`told-${index}`, payload)).toBe(true);
    expect(teller.tell('told-0', payload)).toBe(true);
    await eventually(() => expect(room.taken).toBe(0));
    expect(await told()).toBe(20);
    await teller.stop();
  });

  it('takes no more memory than it may while nobody takes it, keeps nobody waiting, and is told when somebody does', async () => {
    const before = await told();
    await nats.stop();
    await eventually(() => !bus.isConnected);
    const room = new Room(2 * mebibyte);
    const teller = new ContentTeller({ bus, room, log });
    const began = performance.now();
    const taken = Array.from({ length: 1_000 }, (_, index) => teller.tell(`held-${index}`, payload));
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(taken.filter(Boolean)).toHaveLength(8);
    expect(room.taken).toBe(2 * mebibyte);
    await nats.restart();
    await eventually(() => expect(room.taken).toBe(0), { within: 20_000 });
    expect(await told()).toBe(before + 8);
    await teller.stop();
  }, 30_000);

  it('is given up, and counted, where a gateway ends while nobody takes it', async () => {
    const before = await dropped();
    const room = new Room(64 * mebibyte);
    await nats.stop();
    const teller = new ContentTeller({ bus, room, log });
    for (let index = 0; index < 5; index += 1) teller.tell(`lost-${index}`, payload);
    await teller.stop();
    expect(await dropped()).toBe(before + 5);
    expect(room.taken).toBe(0);
  }, 30_000);
});
