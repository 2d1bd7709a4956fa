import type { Access, Principal } from '@orrery/contracts';
import { denial, denialOf } from './access.ts';

const id = '018f3a4e-7a5e-7cc4-9b1f-0d5f5f7f5a10';
const principals = {
  nobody: { kind: 'nobody' },
  user: { kind: 'user', id, permissions: ['runs:read'] },
  pending: { kind: 'pending', id, sessionId: id },
  key: { kind: 'key', id, userId: id, permissions: ['runs:read'] },
  app: { kind: 'app', id, userId: id, permissions: ['runs:read'] },
  'app that sees a person': { kind: 'app', id, userId: id, permissions: [], seesPerson: true },
  'service account': { kind: 'app', id, permissions: ['runs:read'] },
  agent: { kind: 'agent', id },
  service: { kind: 'service', name: 'billing' },
  operator: { kind: 'operator', id: 'op' },
} as const satisfies Record<string, Principal>;

const admitted = (access: Access, orgId?: string, kind: 'command' | 'query' = 'command'): string[] =>
  Object.entries(principals).flatMap(([name, principal]) =>
    // The table above is read-only, the schema's type is not.
    denial({ access, kind }, { principal: principal as Principal, orgId }) ? [] : [name],
  );

describe('Access', () => {
  it.each([
    ['public', Object.keys(principals)],
    ['session', ['user', 'pending']],
    ['user', ['user']],
    ['caller', ['user', 'key']],
    ['agent', ['agent']],
    ['service', ['service']],
    ['operator', ['service', 'operator']],
  ] as const)('%s lets in %j', (access, expected) => {
    expect(admitted(access)).toEqual(expected);
  });

  it('lets an application look at the person whom it was let see, and change nothing about them', () => {
    expect(admitted('caller', id, 'query')).toEqual(['user', 'key', 'app that sees a person']);
    expect(admitted('session', id, 'query')).toEqual(['user', 'pending']);
  });

  it('by a permission lets in who holds it in the organization of the request', () => {
    expect(admitted('runs:read', id)).toEqual(['user', 'key', 'app', 'service account', 'service']);
    expect(admitted('runs:control', id)).toEqual(['service']);
    expect(admitted('runs:read')).toEqual(['service']);
  });

  it("lets the operator read what is the platform's, in no organization", () => {
    expect(admitted('catalog:read')).toEqual(['service', 'operator']);
  });

  it('tells nobody to say who they are, and somebody what they lack', () => {
    expect(denial({ access: 'runs:read', kind: 'query' }, { principal: principals.nobody })).toEqual({
      code: 'Unauthenticated',
      details: {},
    });
    expect(denial({ access: 'user', kind: 'query' }, { principal: principals.pending })).toEqual({
      code: 'SecondFactorNeeded',
      details: {},
    });
    expect(denial({ access: 'operator', kind: 'query' }, { principal: principals.agent })).toEqual({
      code: 'Forbidden',
      details: { needs: 'operator' },
    });
  });
});

describe('A key that holds a permission for some things alone', () => {
  const one = { access: 'runs:read', http: 'GET /orgs/{org}/runs/{runId}/lines/{line}' } as const;
  const all = { access: 'runs:read', http: 'GET /orgs/{org}/runs' } as const;
  const key: Principal = { kind: 'key', id, userId: id, permissions: ['runs:read', 'logs:read'], only: { 'runs:read': ['a', 'b'] } };
  const denied = (operation: Parameters<typeof denialOf>[0], input: unknown, principal: Principal = key) =>
    denialOf(operation, input, { principal })?.details;

  it('may do it with these, by the first thing that the path names beside the organization', () => {
    expect(denied(one, { org: 'x', runId: 'a', line: 'c' })).toBeUndefined();
    expect(denied(one, { org: 'x', runId: 'c', line: 'a' })).toEqual({ needs: 'runs:read for c' });
  });

  it('may not do it with all of them, nor with what has no name', () => {
    expect(denied(all, { org: 'a' })).toEqual({ needs: 'runs:read for everything' });
    expect(denied(one, { org: 'a' })).toEqual({ needs: 'runs:read for everything' });
    expect(denied(one, { runId: ['a'] })).toEqual({ needs: 'runs:read for everything' });
    expect(denied(one, null)).toEqual({ needs: 'runs:read for everything' });
  });

  it('does with everything what it holds for everything', () => {
    expect(denied({ ...one, access: 'logs:read' }, { runId: 'c' })).toBeUndefined();
    expect(denied({ ...all, access: 'caller' }, {})).toBeUndefined();
  });

  it('is alone in that', () => {
    for (const principal of [principals.user, principals.key, principals.service, principals.operator]) {
      expect(denied(one, { runId: 'c' }, principal as Principal)).toBeUndefined();
    }
  });
});
