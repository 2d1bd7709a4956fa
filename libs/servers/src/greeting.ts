import { connect } from 'node:net';

const withinMs = 1_000;

/** What a server says first, or to `hello`; undefined when nobody answers. */
export const greeting = (port: number, hello?: string | Uint8Array, host = '127.0.0.1'): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ port, host });
    const end = (answer: string | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(withinMs, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('connect', () => hello !== undefined && socket.write(hello));
    socket.once('data', (chunk) => end(chunk.toString('utf8')));
    socket.once('close', () => end(undefined));
  });
