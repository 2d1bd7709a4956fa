import { inference } from '@orrery/contracts';
import { fastify } from 'fastify';
import type { AnswerRoute, PaidRoute, Route } from '../dialect.ts';
import { openai } from '../dialects/openai/index.ts';
import { Models } from '../inference/admission/models.ts';
import { keepRouteTable } from './route-table.ts';

describe('The table of routes', () => {
  it('lets no route in that says nothing of who may call it', () => {
    const app = fastify();
    const routes = keepRouteTable(app);
    expect(() => app.get('/secrets', async () => 'all of them')).toThrow('GET /secrets says of nobody that they may call it');
    expect(() => app.get('/secrets', { config: { openTo: 'everybody', because: '' } }, async () => 'all of them')).toThrow();
    expect(routes).toEqual([]);
  });

  it('lets no route in that costs money and is not run by what reserves and settles', () => {
    const paid = openai(new Models()).routes.find(({ kind }) => kind === 'paid');
    const app = fastify();
    const routes = keepRouteTable(app);
    expect(() => app.post('/free', { config: { route: paid } }, async () => 'an answer')).toThrow('POST /free costs money');
    const disguised = { ...paid, kind: 'answer', answer: async () => ({ status: 200, contentType: 'text/plain', body: 'an answer' }) };
    expect(() => app.post('/free', { config: { route: disguised } }, async () => 'an answer')).toThrow('POST /free costs money');
    expect(routes).toEqual([]);
  });

  it('would not compile such a route', () => {
    type Fits<T, U> = T extends U ? true : false;
    const asAnswer: Fits<readonly (typeof inference.CallModel)[], AnswerRoute['operations']> = false;
    const asPaid: Fits<readonly (typeof inference.CallModel)[], PaidRoute['operations']> = true;
    const others: Fits<PaidRoute & { readonly answer: unknown }, Exclude<Route, PaidRoute>> = false;
    expect([asAnswer, asPaid, others]).toEqual([false, true, false]);
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
