import { randomUUID } from 'node:crypto';
import { Platform } from './fixtures/platform.ts';

describe('a catalog that is there', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await Platform.startInOne();
  }, 240_000);
  afterAll(() => platform?.stop(), 60_000);

  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${platform.url}/orrery/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${platform.operatorKey}`,
        ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said}`);
    return said === '' ? null : JSON.parse(said);
  };

  it('is the operator’s: another start changes no price, offers nothing that was retired, and describes nothing anew', async () => {
    expect(await ask('GET', '/price-book')).toMatchObject({ version: 1 });
    const resources = { cpuMilli: 250, memoryMib: 128, gpus: 0 };
    await ask('PUT', '/machine-types/cpu', { description: 'Smaller than it was', resources });
    await ask('PUT', '/machine-types/mine', { description: 'My own', resources });
    await ask('DELETE', '/machine-types/gpu.h100');
    await ask('DELETE', '/models/orrery%2Ftiny-chat');
    await ask('DELETE', '/providers/orrery');
    const prices = ['cpu', 'mine'].map((resource) => ({ meter: 'run.seconds', resource, unit: 'second', nanosPerUnit: '7' }));
    await ask('POST', '/price-books', { currency: 'EUR', prices });
    const everything = () => Promise.all(['/price-book', '/machine-types', '/models', '/providers'].map((path) => ask('GET', path)));
    const before = await everything();
    expect(before).toMatchObject([{ version: 2, prices }, expect.anything(), { items: [] }, { items: [] }]);
    await platform.fill();
    expect(await everything()).toEqual(before);
  }, 60_000);
});
