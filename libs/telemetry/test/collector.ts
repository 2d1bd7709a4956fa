import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** An OTLP/HTTP receiver that keeps what it was sent. */
export const startCollector = async () => {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    received.push({ path: request.url ?? '', contentType: request.headers['content-type'] ?? '', body: await bodyOf(request) });
    response
      .writeHead(200, { 'content-type': request.headers['content-type'] ?? 'application/json' })
      .end(request.headers['content-type']?.includes('json') ? '{}' : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  // Listening on a port, so never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    /** The JSON bodies that came to a path. */
    json: (path: string) => received.filter((each) => each.path === path).map(({ body }) => JSON.parse(body.toString())),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
