import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { EventStream } from './event-stream.ts';

describe('A stream of events', () => {
  let server: Server;
  let client: Socket;
  let response: ServerResponse;
  const left = new Error('the client left');
  let leaving: AbortController;

  beforeEach(async () => {
    leaving = new AbortController();
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // Listening on a port, so never a pipe's name.
    client = connect((server.address() as AddressInfo).port, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
    client.pause().on('error', () => undefined);
    [, response] = await once(server, 'request');
    response.once('close', () => leaving.abort(left));
  });

  afterEach(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const flood = async (events: EventStream): Promise<never> => {
    events.begin();
    for (;;) await events.send({ text: 'x'.repeat(100_000) });
  };

  it('cuts off a client that takes nothing, and so aborts what is computed for it', async () => {
    const sending = flood(new EventStream(response, leaving.signal, 50));
    await expect(sending).rejects.toThrow();
    expect([leaving.signal.reason, response.destroyed]).toEqual([left, true]);
  });

  it('waits for a client that is slow, and not for one that has left', async () => {
    const sending = flood(new EventStream(response, leaving.signal, 60_000));
    client.resume();
    await once(client, 'data');
    client.destroy();
    await expect(sending).rejects.toThrow();
    expect(leaving.signal.reason).toBe(left);
  });
});
