import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Delivery, type Headers, type Tap } from './delivery.ts';

interface Heard {
  status: number;
  headers: Headers;
  text: string;
  isWhole: boolean | undefined;
  trailers: Headers;
  ends: number;
  unanswered: number;
}

const listener = (): { tap: Tap; heard: Heard } => {
  const heard: Heard = { status: 0, headers: {}, text: '', isWhole: undefined, trailers: {}, ends: 0, unanswered: 0 };
  const tap: Tap = {
    head: (status, headers) => Object.assign(heard, { status, headers }),
    bytes: (chunk) => {
      heard.text += chunk.toString();
    },
    end: (isWhole, trailers) => Object.assign(heard, { isWhole, trailers, ends: heard.ends + 1 }),
    unanswered: () => {
      heard.unanswered += 1;
    },
  };
  return { tap, heard };
};

/** What a client reads of a delivery, and what those hear who listen. */
const delivered = async (deliver: (delivery: Delivery) => void) => {
  const [one, other] = [listener(), listener()];
  const server = createServer((_request, response) => {
    const delivery = new Delivery(response, [one.tap, other.tap]);
    deliver(delivery);
    delivery.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const text = await fetch(`http://127.0.0.1:${port}/`)
    .then((answer) => answer.text())
    .catch(() => 'cut');
  server.close();
  expect(other.heard).toEqual(one.heard);
  return { text, heard: one.heard };
};

const type = { 'content-type': 'text/plain' };

describe('Who listens to what a client is given', () => {
  it('hears an answer that is given at once', async () => {
    const { text, heard } = await delivered((delivery) => delivery.whole({ ...type, 'x-cost': '7' }, Buffer.from('all of it')));
    expect(text).toBe('all of it');
    expect(heard).toMatchObject({ status: 200, headers: { ...type, 'x-cost': '7' }, text, isWhole: true, ends: 1 });
  });

  it('hears a stream piece by piece, and what was known only at its end', async () => {
    const { text, heard } = await delivered((delivery) => {
      delivery.begin(type, ['x-cost']);
      for (const piece of ['all ', 'of ', 'it']) delivery.write(Buffer.from(piece));
      delivery.finish({ 'x-cost': '7' });
    });
    expect(text).toBe('all of it');
    expect(heard).toMatchObject({ text, isWhole: true, trailers: { 'x-cost': '7' }, ends: 1 });
  });

  it.each([
    ['ends early', 'some', (delivery: Delivery) => delivery.endEarly()],
    ['is cut', 'cut', (delivery: Delivery) => delivery.cut()],
  ])('is told of an answer that %s that it was not whole', async (_name, read, end) => {
    const { text, heard } = await delivered((delivery) => {
      delivery.begin(type, ['x-cost']);
      delivery.write(Buffer.from('some'));
      end(delivery);
    });
    expect(text).toBe(read);
    expect(heard).toMatchObject({ text: 'some', isWhole: false, ends: 1 });
  });

  it('hears once that no answer began', async () => {
    const { text, heard } = await delivered((delivery) => delivery.cut());
    expect(text).toBe('cut');
    expect(heard).toMatchObject({ status: 0, ends: 0, unanswered: 1 });
  });
});
