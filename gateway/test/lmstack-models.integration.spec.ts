import { catalog } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';
import request from 'supertest';
import { lmstack } from '../src/dialects/lmstack/index.ts';
import { at, sample } from './fixtures/lyceum-samples.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const ids = ['0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01', '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a02'].map((id) => catalog.ModelId.parse(id));

const view = (index: number, source: catalog.ModelSource | null): catalog.ModelView => ({
  ...sample(catalog.GetModel),
  modelId: ids[index] ?? sample(catalog.GetModel).modelId,
  name: `orrery/model-${index}`,
  source,
  metadata: index === 0 ? { 'docker-image': 'vllm/vllm-openai' } : {},
});
const views = [view(0, { from: 'huggingface', reference: 'org/weights' }), view(1, { from: 'ollama', reference: 'llama3' })];

const first = {
  id: 7,
  name: 'orrery/model-0',
  model_id: 'org/weights',
  source: 'huggingface',
  description: 'sample',
  default_params: null,
  docker_image: 'vllm/vllm-openai',
  created_at: at,
  updated_at: at,
  deployment_count: 0,
};
const second = { ...first, id: 8, name: 'orrery/model-1', model_id: 'llama3', source: 'ollama', docker_image: null };

describe('The models of the LMStack API', () => {
  let world: World;
  let viewer: Person;

  beforeAll(async () => {
    world = await startWorld();
    viewer = await world.person('viewer');
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => {
    world.stubs.reset();
    world.stubs.on(catalog.ListModels, async () => ({ items: views }));
    world.stubs.on(catalog.NumberModels, async ({ modelIds }) => ({
      items: modelIds.map((modelId) => ({ modelId, number: 7 + ids.indexOf(modelId) })),
    }));
    world.stubs.on(catalog.FindNumberedModel, async ({ number }) => views[number - 7] ?? refuse({ code: 'ModelNotFound', details: {} }));
  });

  const get = (path: string) => request(world.url).get(`/api/models${path}`).auth(viewer.token, { type: 'bearer' });

  it('GET /models', async () => {
    const { status, body } = await get('');
    expect([status, body]).toEqual([200, { items: [first, second], total: 2 }]);
  });

  it('GET /models, some of them', async () => {
    expect((await get('?skip=1&limit=1')).body).toEqual({ items: [second], total: 2 });
    expect((await get('?source=ollama')).body).toEqual({ items: [second], total: 1 });
    expect((await get('?skip=5')).body).toEqual({ items: [], total: 2 });
  });

  it('GET /models/{model_id}', async () => {
    const { status, body } = await get('/8');
    expect([status, body]).toEqual([200, second]);
  });

  it.each(['/9', '/tiny', '/0'])('GET /models%s is none', async (path) => {
    const { status, body } = await get(path);
    expect([status, body]).toEqual([404, { detail: 'Model not found.' }]);
  });

  it.each(['?source=elsewhere', '?limit=101', '?skip=-1'])('lists nothing with %s', async (query) => {
    const { status, body } = await get(query);
    expect([status, body.detail[0].loc[0]]).toEqual([422, 'query']);
    expect(world.stubs.asked).toEqual([]);
  });

  it('needs a credential', async () => {
    for (const path of ['/api/models', '/api/models/7']) {
      const { status, body } = await request(world.url).get(path);
      expect([status, body]).toEqual([401, { detail: expect.any(String) }]);
    }
  });

  it('has a case for every row', () => {
    const rows = lmstack().routes.filter(({ path }) => path.startsWith('/api/models'));
    expect(rows.map(({ method, path }) => `${method} ${path}`)).toEqual(
      // What changes something: lmstack-models.e2e.spec.ts.
      ['GET', 'POST']
        .map((method) => `${method} /api/models`)
        .concat(['GET', 'PATCH', 'DELETE'].map((method) => `${method} /api/models/{model_id}`)),
    );
  });
});
