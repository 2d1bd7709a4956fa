import { randomUUID } from 'node:crypto';
import { type Current, planOf, planText } from './plan.ts';
import { catalogIn } from './read-file.ts';
import { wrongReferences } from './references.ts';

const at = '2026-01-01T00:00:00.000Z';
const org = randomUUID();
const nothing: Current = { providers: [], machineTypes: [], models: [], book: undefined, upstreams: [], routes: [], limits: new Map() };
const secret = 'sk-of-nobody-else';

const text = `
upstreams:
  - name: gpu-1
    baseUrl: http://10.0.0.7:8000/v1
    credential: { env: GPU_KEY }
  - { name: spare, baseUrl: 'http://10.0.0.8:8000/v1' }
routes:
  - name: llama
    models: [meta/llama, llama]
    targets: [{ upstream: gpu-1, model: meta-llama/Llama-3.1-8B }]
    fallbacks: [small]
  - name: small
    models: [meta/small]
    targets: [{ upstream: spare, model: small }]
limits:
  - { org: ${org}, limits: { tokensPerMinute: 200000 } }
`;
const said = (written: string) => catalogIn(written, 'catalog.yaml').said;

/** The installation as it is once the file was applied. */
const applied = (): Current => {
  const { upstreams = [], routes = [], limits = [] } = said(text);
  return {
    ...nothing,
    upstreams: upstreams.map(({ credential, ...upstream }) => ({ ...upstream, credentialVersion: credential ? 1 : 0, setAt: at })),
    routes: routes.map((route) => ({ ...route, setAt: at })),
    limits: new Map(limits.map(({ thing, limits: bounds }) => [org, [{ by: 'operator', thing, limits: bounds, setAt: at }]])),
  };
};

const planned = (written: string, current: Current, { isPruning = false, credentials = new Map<string, string>() } = {}) =>
  planOf(said(written), current, { isPruning, credentials });
const signs = (...asked: Parameters<typeof planned>) => planned(...asked).steps.map(({ sign, what }) => `${sign} ${what}`);

describe('The plan of a file that says where models are served', () => {
  it('sets upstreams first, then routes after those to which they fall back, then limits', () => {
    expect(signs(text, nothing)).toEqual(['+ upstream gpu-1', '+ upstream spare', '+ route small', '+ route llama', `+ limits of ${org}`]);
  });

  it('sends a credential and shows it to nobody', () => {
    const plan = planned(text, nothing, { credentials: new Map([['gpu-1', secret]]) });
    expect(plan.steps[0]?.body).toMatchObject({ credential: secret });
    expect(planText(plan)).toContain('    credential: none → what the variable GPU_KEY holds\n');
    expect(planText(plan)).not.toContain(secret);
  });

  it('is nothing when it was applied', () => {
    expect(planned(text, applied())).toEqual({ steps: [], left: [], doubts: [] });
    expect(signs(text, applied(), { isPruning: true })).toEqual([]);
  });

  it('sets a credential again where it is wished, and takes it away', () => {
    const [again] = planned(text, applied(), { credentials: new Map([['gpu-1', secret]]) }).steps;
    expect(again).toMatchObject({ sign: '~', what: 'upstream gpu-1', details: ['credential: set → what the variable GPU_KEY holds'] });
    const [gone] = planned(text.replace('{ env: GPU_KEY }', 'null'), applied()).steps;
    expect(gone).toMatchObject({ details: ['credential: set → none'], body: { credential: null } });
    expect(planned(text.replace('    credential: { env: GPU_KEY }\n', ''), applied()).steps).toEqual([]);
  });

  it('names the fields that change, and sends the whole of what has some', () => {
    const { steps } = planned(
      text.replace('10.0.0.8', '10.0.0.9').replace('[meta/small]', '[meta/small, tiny]').replace('200000', '300000'),
      applied(),
    );
    expect(steps.map(({ details }) => details)).toEqual([
      ['baseUrl: "http://10.0.0.8:8000/v1" → "http://10.0.0.9:8000/v1"'],
      ['models: ["meta/small"] → ["meta/small", "tiny"]'],
      ['tokensPerMinute: 200000 → 300000'],
    ]);
    expect(steps[1]?.body).toMatchObject({ attempts: 3, fallbacks: [] });
  });

  it('sets two that fall back to each other in three steps', () => {
    const circle = text.replace('    models: [meta/small]\n', '    models: [meta/small]\n    fallbacks: [llama]\n');
    expect(signs(circle, nothing).slice(2, 5)).toEqual(['+ route small', '+ route llama', '~ route small']);
    const [, , first, , last] = planned(circle, nothing).steps;
    expect([first?.body, last?.body]).toMatchObject([{ fallbacks: [] }, { fallbacks: ['llama'] }]);
    expect(last?.details).toEqual(['fallbacks: [] → ["llama"]']);
  });

  it('removes, where it may, routes before what they fall back to, and upstreams last', () => {
    const none = `upstreams: []\nroutes: []\nlimits: [{ org: ${org}, thing: { of: model, model: x }, limits: {} }]\n`;
    expect(planned(none, applied()).left).toEqual(['route llama', 'route small', 'upstream gpu-1', 'upstream spare', `limits of ${org}`]);
    expect(signs(none, applied(), { isPruning: true })).toEqual([
      '- route llama',
      '- route small',
      '- upstream gpu-1',
      '- upstream spare',
      `- limits of ${org}`,
    ]);
    expect(signs(text.replace('{ tokensPerMinute: 200000 }', '{}'), applied())).toEqual([`- limits of ${org}`]);
  });
});

describe('A file that says where models are served', () => {
  const refusal = (written: string, current: Current = nothing, isPruning = false): string => {
    try {
      const { said: file, refuse } = catalogIn(written, 'catalog.yaml');
      const wrong = wrongReferences(file, current, { isPruning });
      return wrong.length > 0 ? refuse(wrong) : 'nothing';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  it.each([
    ['a secret', text.replace('{ env: GPU_KEY }', secret), 'catalog.yaml:5: upstreams[0].credential must say where it lies'],
    ['an address that is none', text.replace('http://10.0.0.7:8000/v1', 'gpu.local'), 'catalog.yaml:4: upstreams[0].baseUrl '],
    ['an unknown field', text.replace('fallbacks:', 'fallback:'), 'catalog.yaml:11: routes[0].fallback is not known here'],
    ['two upstreams of one name', text.replace('name: spare', 'name: gpu-1'), 'catalog.yaml:6: upstreams[1] is here twice: gpu-1'],
    [
      'an upstream that is not there',
      text.replace('upstream: spare', 'upstream: gone'),
      'catalog.yaml:14: routes[1].targets[0].upstream names no upstream: there is no gone',
    ],
    [
      'a fallback that is not there',
      text.replace('[small]\n', '[gone]\n'),
      'catalog.yaml:11: routes[0].fallbacks[0] names no route: there is no gone',
    ],
    ['a fallback to itself', text.replace('[small]\n', '[llama]\n'), 'catalog.yaml:11: routes[0].fallbacks[0] is this route itself'],
    [
      'a model of two routes',
      text.replace('[meta/small]', '[llama]'),
      'catalog.yaml:13: routes[1].models[0] is a model of the route llama already',
    ],
    ['a limit below one', text.replace('200000', '0'), 'catalog.yaml:16: limits[0].limits.tokensPerMinute '],
    ['an organization that is none', text.replace(org, 'acme'), 'catalog.yaml:16: limits[0].org '],
  ])('with %s is refused, by name and line', (_, written, expected) => {
    const told = refusal(written);
    expect(told).toContain(expected);
    expect(told).not.toContain(secret);
  });

  it('may name what is there already, unless that is to go', () => {
    const routes = 'routes:\n  - { name: new, models: [meta/new], targets: [{ upstream: gpu-1, model: x }], fallbacks: [small] }\n';
    expect(refusal(routes, applied())).toBe('nothing');
    expect(refusal(routes, applied(), true)).toContain('names no route: there is no small');
  });
});
