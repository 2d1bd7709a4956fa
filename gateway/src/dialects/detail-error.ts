import type { z } from 'zod';
import type { ErrorShape } from '../dialect.ts';
import type { Failure } from '../failure.ts';
import type { Issue } from '../issue.ts';

/** One entry of an HTTPValidationError. */
interface Complaint {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

type Said = Pick<Complaint, 'msg' | 'type'>;

const plural = (count: number | bigint, word: string): string => `${count} ${word}${BigInt(count) === 1n ? '' : 's'}`;

const wrongType = ({ expected }: z.core.$ZodIssueInvalidType, given: unknown): Said => {
  if (given === undefined) return { type: 'missing', msg: 'Field required' };
  const parsing = typeof given === 'string' ? 'parsing' : 'type';
  switch (expected) {
    case 'string':
      return { type: 'string_type', msg: 'Input should be a valid string' };
    case 'int':
      return {
        type: `int_${parsing}`,
        msg: `Input should be a valid integer${parsing === 'parsing' ? ', unable to parse string as an integer' : ''}`,
      };
    case 'number':
      return {
        type: `float_${parsing}`,
        msg: `Input should be a valid number${parsing === 'parsing' ? ', unable to parse string as a number' : ''}`,
      };
    case 'boolean':
      return { type: 'bool_type', msg: 'Input should be a valid boolean' };
    case 'array':
      return { type: 'list_type', msg: 'Input should be a valid list' };
    case 'object':
      return { type: 'model_attributes_type', msg: 'Input should be a valid dictionary or object to extract fields from' };
    case 'record':
      return { type: 'dict_type', msg: 'Input should be a valid dictionary' };
    default:
      return { type: `${expected}_type`, msg: `Input should be a valid ${expected}` };
  }
};

const tooSmall = ({ origin, minimum, inclusive }: z.core.$ZodIssueTooSmall): Said => {
  if (origin === 'string') return { type: 'string_too_short', msg: `String should have at least ${plural(minimum, 'character')}` };
  if (origin === 'array') return { type: 'too_short', msg: `List should have at least ${plural(minimum, 'item')} after validation` };
  return inclusive === false
    ? { type: 'greater_than', msg: `Input should be greater than ${minimum}` }
    : { type: 'greater_than_equal', msg: `Input should be greater than or equal to ${minimum}` };
};

const tooBig = ({ origin, maximum, inclusive }: z.core.$ZodIssueTooBig): Said => {
  if (origin === 'string') return { type: 'string_too_long', msg: `String should have at most ${plural(maximum, 'character')}` };
  if (origin === 'array') return { type: 'too_long', msg: `List should have at most ${plural(maximum, 'item')} after validation` };
  return inclusive === false
    ? { type: 'less_than', msg: `Input should be less than ${maximum}` }
    : { type: 'less_than_equal', msg: `Input should be less than or equal to ${maximum}` };
};

const wrongFormat = (issue: z.core.$ZodIssueInvalidStringFormat): Said => {
  switch (issue.format) {
    case 'regex':
      return {
        type: 'string_pattern_mismatch',
        msg: `String should match pattern '${(issue.pattern ?? '').replace(/^\/|\/[a-z]*$/g, '')}'`,
      };
    case 'uuid':
      return { type: 'uuid_parsing', msg: 'Input should be a valid UUID' };
    case 'datetime':
      return { type: 'datetime_parsing', msg: 'Input should be a valid datetime' };
    case 'email':
      return { type: 'value_error', msg: 'value is not a valid email address' };
    default:
      return { type: 'value_error', msg: issue.message };
  }
};

const said = ({ raw, given, detail }: Issue): Said => {
  switch (raw?.code) {
    case 'invalid_type':
      return wrongType(raw, given);
    case 'too_small':
      return tooSmall(raw);
    case 'too_big':
      return tooBig(raw);
    case 'invalid_format':
      return wrongFormat(raw);
    case 'invalid_value':
      return given === undefined
        ? { type: 'missing', msg: 'Field required' }
        : { type: 'enum', msg: `Input should be ${raw.values.map((value) => `'${String(value)}'`).join(', ')}` };
    case 'unrecognized_keys':
      return { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' };
    case 'custom':
      return { type: String(raw.params?.['type'] ?? 'value_error'), msg: raw.message };
    default:
      return { type: 'value_error', msg: detail };
  }
};

const complaintOf = (issue: Issue): Complaint => ({ loc: [issue.in, ...issue.path], ...said(issue) });

/** Bodies that are not JSON are a matter of validation here. */
const unreadable: ReadonlySet<string> = new Set(['MalformedJson', 'NotUtf8', 'NestedTooDeep']);

export interface DetailManner {
  /** Where a refusal with 422 lies: clients read every 422 as a list. */
  readonly places: Readonly<Record<string, readonly string[]>>;
  /** Codes that have another status there. */
  readonly statuses?: Readonly<Record<string, number>>;
}

const complaintsOf = ({ code, issues, detail, status }: Failure, { places }: DetailManner): readonly Complaint[] => {
  if (unreadable.has(code)) return [{ type: 'json_invalid', loc: ['body'], msg: detail }];
  if (status === 422) return [{ type: 'value_error', loc: places[code] ?? ['body'], msg: detail }];
  if (code !== 'InvalidInput') return [];
  return issues.length > 0 ? issues.map(complaintOf) : [{ type: 'value_error', loc: ['body'], msg: detail }];
};

/** As APIs answer that are made with FastAPI: HTTPValidationError for what is malformed, `{ detail }` for everything else. */
export const detailError =
  (manner: DetailManner): ErrorShape =>
  (failure) => {
    const complaints = complaintsOf(failure, manner);
    const contentType = 'application/json; charset=utf-8';
    if (complaints.length > 0) return { status: 422, contentType, body: { detail: complaints } };
    if (failure.code === 'RouteNotFound') return { contentType, body: { detail: 'Not Found' } };
    if (failure.code === 'MethodNotAllowed') return { contentType, body: { detail: 'Method Not Allowed' } };
    const status = manner.statuses?.[failure.code];
    return { contentType, body: { detail: failure.detail }, ...(status === undefined ? {} : { status }) };
  };
