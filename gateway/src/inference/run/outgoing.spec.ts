import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Outgoing } from './outgoing.ts';

const type = { 'content-type': 'text/plain' };

/** All that a client is sent, byte by byte, which asks in this version of HTTP. */
const sent = async (version: '1.0' | '1.1', answer: (outgoing: Outgoing, response: ServerResponse) => unknown): Promise<string> => {
  const server = createServer((_request, response) => void answer(new Outgoing(response), response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET / HTTP/${version}\r\nhost: x\r\nconnection: close\r\n\r\n`);
  let text = '';
  for await (const bytes of socket) text += String(bytes);
  server.close();
  return text;
};

const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);
const pushed = (outgoing: Outgoing, ...pieces: readonly string[]): void => {
  for (const piece of pieces) outgoing.push(Buffer.from(piece));
};

describe('The bytes of an answer', () => {
  it('that come in one turn go out as one chunk, and those of the next as another', async () => {
    const text = await sent('1.1', (outgoing) => {
      outgoing.head({ ...type });
      pushed(outgoing, 'a', 'bc');
      setImmediate(() => {
        pushed(outgoing, 'd');
        outgoing.end({ 'x-cost': '7' });
      });
    });
    expect(bodyOf(text)).toBe('3\r\nabc\r\n1\r\nd\r\n0\r\nx-cost: 7\r\n\r\n');
    expect(text).toMatch(/^transfer-encoding: chunked\r$/im);
  });

  it('are not framed for who reads no chunks, and have nothing after them', async () => {
    const text = await sent('1.0', (outgoing) => {
      expect(outgoing.saysTrailers).toBe(false);
      outgoing.head({ ...type });
      pushed(outgoing, 'a', 'bc');
      outgoing.end({ 'x-cost': '7' });
    });
    expect(bodyOf(text)).toBe('abc');
  });

  it('end without a chunk where there are none', async () => {
    const text = await sent('1.1', (outgoing) => {
      outgoing.head({ ...type });
      outgoing.end({});
    });
    expect(bodyOf(text)).toBe('0\r\n\r\n');
  });

  it('are the same where they are known as a whole, whatever bytes they are', async () => {
    for (const body of ['', 'é😀', 'long '.repeat(10_000)]) {
      const bytes = Buffer.from(body);
      const text = await sent('1.1', (outgoing) => {
        outgoing.head({ ...type, 'content-length': bytes.length });
        outgoing.whole(bytes);
      });
      expect(bodyOf(text)).toBe(body);
    }
  });

  it('are refused as a trailer where they would be more than one', async () => {
    const text = await sent('1.1', (outgoing, response) => {
      outgoing.head({ ...type });
      expect(() => outgoing.end({ 'x-cost': '7\r\nx-other: 8' })).toThrow(/Invalid character/);
      response.destroy();
    });
    expect(text).not.toContain('x-other');
  });

  it('wait for a client that takes nothing, which is told when it takes again', async () => {
    const much = Buffer.alloc(1_048_576, 'x');
    const text = await sent('1.1', (outgoing, response) => {
      outgoing.head({ ...type });
      expect(outgoing.push(Buffer.from('a'))).toBe(true);
      while (outgoing.push(much));
      response.once('drain', () => outgoing.end({}));
    });
    expect(bodyOf(text)).toMatch(/^10{0,5}1\r\nax+\r\n/i);
    expect(text.endsWith('x\r\n0\r\n\r\n')).toBe(true);
  });
});
