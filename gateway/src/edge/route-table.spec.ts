import { fastify } from 'fastify';
import { keepRouteTable } from './route-table.ts';

describe('The table of routes', () => {
  it('lets no route in that says nothing of who may call it', () => {
    const app = fastify();
    const routes = keepRouteTable(app);
    expect(() => app.get('/secrets', async () => 'all of them')).toThrow('GET /secrets says of nobody that they may call it');
    expect(() => app.get('/secrets', { config: { openTo: 'everybody', because: '' } }, async () => 'all of them')).toThrow();
    expect(routes).toEqual([]);
  });

  it('keeps each one with its policy, and what the server answers besides', () => {
    const app = fastify();
    const routes = keepRouteTable(app);
    const policy = { openTo: 'everybody', because: 'it is no secret' };
    app.get('/health', { config: policy }, async () => 'well');
    expect(routes.map(({ method, url }) => `${method} ${url}`).sort()).toEqual(['GET /health', 'HEAD /health']);
    expect(routes.map((row) => row.policy)).toEqual([policy, policy]);
  });
});
