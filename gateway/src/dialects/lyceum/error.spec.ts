import { execution, identity } from '@orrery/contracts';
import { edgeFailure, invalidInput, refusal } from '../../failure.ts';
import type { Issue } from '../../issue.ts';
import { lyceumError } from './error.ts';

describe('An error', () => {
  const where = { path: '/x', traceId: undefined };
  const issue = (raw: object, given: unknown = 'given'): Issue => ({
    in: 'body',
    path: ['f', 0],
    detail: 'd',
    mend: 'm',
    raw: raw as never,
    given,
  });

  it.each([
    [{ ...issue({ code: 'invalid_type', expected: 'string' }), given: undefined }, 'missing', 'Field required'],
    [issue({ code: 'invalid_type', expected: 'string' }, 1), 'string_type', 'Input should be a valid string'],
    [issue({ code: 'invalid_type', expected: 'int' }, 1.5), 'int_type', 'Input should be a valid integer'],
    [
      issue({ code: 'invalid_type', expected: 'number' }),
      'float_parsing',
      'Input should be a valid number, unable to parse string as a number',
    ],
    [issue({ code: 'invalid_type', expected: 'boolean' }), 'bool_type', 'Input should be a valid boolean'],
    [issue({ code: 'invalid_type', expected: 'array' }), 'list_type', 'Input should be a valid list'],
    [issue({ code: 'invalid_type', expected: 'record' }), 'dict_type', 'Input should be a valid dictionary'],
    [
      issue({ code: 'invalid_type', expected: 'object' }),
      'model_attributes_type',
      'Input should be a valid dictionary or object to extract fields from',
    ],
    [issue({ code: 'too_small', origin: 'string', minimum: 1 }), 'string_too_short', 'String should have at least 1 character'],
    [issue({ code: 'too_big', origin: 'string', maximum: 255 }), 'string_too_long', 'String should have at most 255 characters'],
    [
      issue({ code: 'too_small', origin: 'int', minimum: 1, inclusive: true }),
      'greater_than_equal',
      'Input should be greater than or equal to 1',
    ],
    [issue({ code: 'too_big', origin: 'number', maximum: 5, inclusive: false }), 'less_than', 'Input should be less than 5'],
    [issue({ code: 'invalid_format', format: 'uuid' }), 'uuid_parsing', 'Input should be a valid UUID'],
    [issue({ code: 'invalid_format', format: 'email' }), 'value_error', 'value is not a valid email address'],
    [issue({ code: 'invalid_value', values: ['a', 'b'] }), 'enum', "Input should be 'a', 'b'"],
    [issue({ code: 'custom', message: 'no', params: { type: 'not_supported' } }), 'not_supported', 'no'],
    [issue({ code: 'custom', message: 'no' }), 'value_error', 'no'],
  ])('of validation is a complaint %#', (given, type, msg) => {
    expect(lyceumError(invalidInput([given]), where)).toEqual({
      status: 422,
      contentType: expect.any(String),
      body: { detail: [{ loc: ['body', 'f', 0], type, msg }] },
    });
  });

  it('that a service found in its input is one of validation too', () => {
    const none = refusal({ refusals: {} }, { code: 'InvalidInput', details: { issues: [] } });
    expect(lyceumError(none, where)).toMatchObject({ status: 422, body: { detail: [{ loc: ['body'] }] } });
    const issues = [{ path: ['cursor'], message: 'not a cursor', code: 'cursor' }];
    const found = refusal(identity.ListAudit, { code: 'InvalidInput', details: { issues } });
    expect(lyceumError(found, where)).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'cursor'], msg: 'not a cursor' }] } });
  });

  it('with 422 is a list like any other with 422, and says where it lies', () => {
    const failure = refusal({ refusals: { TooManyPoints: 422 } }, { code: 'TooManyPoints', details: {} });
    expect(lyceumError(failure, where)).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['query', 'step'], msg: expect.any(String) }] },
    });
  });

  it('of any other kind is one sentence', () => {
    expect(lyceumError(edgeFailure('RouteNotFound'), where).body).toEqual({ detail: 'Not Found' });
    expect(lyceumError(edgeFailure('MalformedJson'), where)).toMatchObject({ status: 422, body: { detail: [{ type: 'json_invalid' }] } });
    expect(lyceumError(refusal(execution.GetRun, { code: 'RunNotFound', details: {} }), where).body).toEqual({
      detail: 'Execution not found.',
    });
  });
});
