import { completes, eventually } from '@orrery/testing';
import { type ModelWorld, startModelWorld } from './fixtures/models.ts';
import { otherUpstream } from './fixtures/other-upstreams.ts';

describe('A model server of another protocol', () => {
  let models: ModelWorld;
  let narrow: string;

  beforeAll(async () => {
    models = await startModelWorld();
    await models.route();
    await eventually(async () => expect((await models.post({})).status).toBe(200));
    narrow = await otherUpstream(models, 'narrow', { kind: 'anthropic', concurrency: 1, queue: 0 });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => models.server.always(completes()));
  afterEach(() => models.isAtRest());

  it('gives back the place of who asks for what it cannot be asked for', async () => {
    expect((await models.post({ model: narrow, n: 2 })).status).toBe(400);
    expect((await models.post({ model: narrow })).status).toBe(200);
  });
});
