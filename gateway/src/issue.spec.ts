import { Instant, identity, Moment } from '@orrery/contracts';
import { z } from 'zod';
import { refusal } from './failure.ts';
import { mendOf } from './issue.ts';
import { problem } from './problem.ts';

describe('What a service found wrong with a request', () => {
  const bodyOf = (operation: Parameters<typeof refusal>[0], path: readonly string[], code = 'cursor') => {
    const failure = refusal(operation, { code: 'InvalidInput', details: { issues: [{ path, message: 'is odd', code }] } });
    return problem(failure, { path: '/here', traceId: undefined }).body;
  };

  it.each([
    ['query', '/cursor', identity.ListAudit, ['cursor']],
    ['path', '/sessionId', identity.RevokeSession, ['sessionId']],
    ['body', '/name', identity.CreateOrg, ['name']],
  ])('is told like everything else that is wrong: in %s, at %s', (part, pointer, operation, path) => {
    const body = bodyOf(operation, path);
    expect(body).toMatchObject({
      code: 'InvalidInput',
      errors: [{ in: part, pointer, detail: 'is odd', mend: expect.stringMatching(/\w/) }],
    });
    expect(body).not.toHaveProperty('issues');
  });

  it('says how to mend it, beside a refusal that has a name of its own', () => {
    const issues = [{ path: ['passwordHash'], message: 'is of no known kind', code: 'custom', mend: 'send another one' }];
    const body = problem(refusal(identity.ImportUser, { code: 'UnknownPasswordHash', details: { issues } }), {
      path: '/here',
      traceId: undefined,
    }).body;
    expect(body).toMatchObject({
      status: 422,
      code: 'UnknownPasswordHash',
      errors: [{ in: 'body', pointer: '/passwordHash', detail: 'is of no known kind', mend: 'send another one' }],
    });
    expect(body).not.toHaveProperty('issues');
  });

  it('is passed over where it is in no known form', () => {
    const failure = refusal(identity.ListAudit, { code: 'InvalidInput', details: { issues: 'many' } });
    expect(failure.issues).toEqual([]);
  });
});

describe('What to do about a number', () => {
  const mendFor = (schema: z.ZodType, given: number): string => {
    const [issue] = schema.safeParse(given).error?.issues ?? [];
    if (!issue) throw new Error('it is right');
    return mendOf(issue, given, []);
  };

  it.each([
    [z.number().positive(), 0, 'make it above 0'],
    [z.number().min(1), 0, 'make it at least 1'],
    [z.number().negative(), 0, 'make it below 0'],
    [z.number().max(1), 2, 'make it at most 1'],
  ])('says whether the bound itself will do: %#', (schema, given, mend) => {
    expect(mendFor(schema, given)).toBe(mend);
  });
});

describe('What to do about a value of another kind', () => {
  const mendFor = (schema: z.ZodType, given: unknown): string => {
    const [issue] = schema.safeParse(given).error?.issues ?? [];
    if (!issue) throw new Error('it is right');
    return mendOf(issue, given, []);
  };

  it.each([
    [z.int(), 1.5, 'send a whole number'],
    [z.record(z.string(), z.string()), 'x', 'send an object'],
    [z.array(z.string()), undefined, 'add it, a list (array)'],
    [Instant, 'soon', 'send a UTC time with milliseconds, such as 2026-01-02T03:04:05.678Z'],
    [Moment, 'soon', 'send a time with Z or an offset, such as 2026-01-02T03:04:05+01:00'],
  ])('is said in words of JSON, and asks for no more than is needed: %#', (schema, given, mend) => {
    expect(mendFor(schema, given)).toBe(mend);
  });
});
