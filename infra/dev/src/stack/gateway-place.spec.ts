import { createServer } from 'node:net';
import { gatewayPlaceOf } from './gateway-place.ts';

const free = async (): Promise<number> => (await gatewayPlaceOf({}, undefined)).port;

describe('the place of the gateway', () => {
  it('is the one of the environment', async () => {
    const port = await free();
    expect(await gatewayPlaceOf({ ORRERY_HTTP_PORT: String(port) }, 1)).toEqual({ port, url: `http://127.0.0.1:${port}` });
  });

  it('is the one of the last time, where nobody says anything else', async () => {
    const port = await free();
    expect(await gatewayPlaceOf({ ORRERY_HTTP_PORT: '' }, port)).toMatchObject({ port });
    expect(await gatewayPlaceOf({ ORRERY_HTTP_PORT: '0' }, port)).toMatchObject({ port });
  });

  it('is reached from here also where it listens everywhere', async () => {
    const port = await free();
    expect(await gatewayPlaceOf({ ORRERY_HTTP_HOST: '0.0.0.0' }, port)).toMatchObject({ url: `http://127.0.0.1:${port}` });
    expect(await gatewayPlaceOf({ ORRERY_HTTP_HOST: '::1' }, port)).toMatchObject({ url: `http://[::1]:${port}` });
  });

  it.each(['eighty', '80.5', '70000', '-1'])('is not at %s', async (wanted) => {
    await expect(gatewayPlaceOf({ ORRERY_HTTP_PORT: wanted }, undefined)).rejects.toThrow(`ORRERY_HTTP_PORT is "${wanted}"`);
  });

  it('is not silently another one than was asked for', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = taken.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    await expect(gatewayPlaceOf({ ORRERY_HTTP_PORT: port }, undefined)).rejects.toThrow(`Port ${port}, which ORRERY_HTTP_PORT asks for`);
    await new Promise((resolve) => taken.close(resolve));
  });
});
