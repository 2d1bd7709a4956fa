import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Refused } from '../wire/refused.ts';
import { Bodies } from './bodies.ts';

describe('What clients send', () => {
  let server: Server;
  let bodies: Bodies;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    bodies = new Bodies({ each: 100, together: 150 });
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  /** A request of so many bytes, of which the text has come, and what the engine makes of it. */
  const sending = async (length: number, text: string) => {
    // Listening on a port, so never a pipe's name.
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n${text}`);
    const [request] = await once(server, 'request');
    const read: Promise<unknown> = bodies
      .jsonOf(request)
      .catch((error: unknown) => (error instanceof Refused ? error.parts.status : 'cut off'));
    return { socket, read };
  };
  const text = (length: number): string => `"${'x'.repeat(length - 2)}"`;

  it('is read where it is JSON of a size that one may have', async () => {
    expect(await (await sending(100, text(100))).read).toBe('x'.repeat(98));
    expect(await (await sending(3, '{"x')).read).toBe(400);
    expect(await (await sending(101, text(101))).read).toBe(413);
  });

  it('is refused for a moment where bodies come to too much together, and not when one has come or gone', async () => {
    const first = await sending(90, text(90).slice(0, 80));
    const second = await sending(90, text(90));
    expect(await second.read).toBe(503);
    expect(await (await sending(60, text(60))).read).toBe('x'.repeat(58));
    first.socket.write(text(90).slice(80));
    expect(await first.read).toBe('x'.repeat(88));
    const third = await sending(90, text(90).slice(0, 80));
    third.socket.destroy();
    expect(await third.read).toBe('cut off');
    expect(await (await sending(90, text(90))).read).toBe('x'.repeat(88));
  });
});
