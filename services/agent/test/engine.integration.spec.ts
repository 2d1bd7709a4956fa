import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Engine } from '../src/docker/engine.ts';

describe('What an engine is asked', () => {
  const directory = mkdtempSync(join(tmpdir(), 'orrery-engine-'));
  const socket = join(directory, 'docker.sock');
  const asked: { readonly url: string | undefined; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({ url: request.url, body });
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"Id":"1"}');
    });
  });

  beforeAll(() => once(server.listen(socket), 'listening'));
  afterAll(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
    rmSync(directory, { recursive: true });
  });

  it('holds what a container finds in its environment where no log writes it down', async () => {
    await new Engine(socket).create('orrery-1', { Image: 'x', Env: ['PASSWORD=hunter2'] });
    expect(asked).toEqual([{ url: '/containers/create?name=orrery-1', body: '{"Image":"x","Env":["PASSWORD=hunter2"]}' }]);
  });
});
