import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startWorld, type World } from './fixtures/world.ts';

describe('A gateway that stops', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  }, 30_000);
  afterAll(() => world?.stop(), 60_000);

  const open = async (begins = ''): Promise<Socket> => {
    const socket = connect(Number(new URL(world.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(begins);
    return socket;
  };

  it('waits for no connection over which nothing was asked, and answers what was begun', async () => {
    const [silent, begun] = [await open(), await open('GET /ready HTTP/1.1\r\nhost: orrery\r\n')];
    // By then it has heard the others.
    await (await fetch(`${world.url}/health`)).text();
    const began = Date.now();
    const gone = once(silent, 'close');
    const answer = once(begun, 'data');
    const stopping = world.gateway.stop();
    await gone;
    begun.write('\r\n');
    expect(String(await answer)).toMatch(/^HTTP\/1\.1 503 /);
    await stopping;
    expect(Date.now() - began).toBeLessThan(5_000);
  }, 60_000);
});
