import { isMembers, type Members, membersOf, said, textOf } from './members.ts';

/** What an upstream says went wrong, whatever it speaks. */
export interface Complaint {
  readonly message: string;
  readonly code: unknown;
  readonly param: unknown;
}

const longestMessage = 4_000;
const longestWord = 200;

const wordOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** `{ error: { message } }`, `{ error: "…" }`, `{ message }` and `{ detail }`: model servers say it in many ways. */
export const complaintOf = (body: unknown): Complaint => {
  const outer = membersOf(body);
  const inner = isMembers(outer['error']) ? outer['error'] : outer;
  const message = wordOf(inner['message']) ?? wordOf(outer['error']) ?? wordOf(outer['detail']) ?? textOf(body);
  return {
    message: message === '' ? 'The model server refused the request.' : message,
    code: said(inner['code']),
    param: said(inner['param']),
  };
};

const cleared = (text: string, credential: string | undefined, longest: number): string => {
  const clear = credential === undefined ? text : text.replaceAll(credential, '***');
  return clear.length <= longest ? clear : `${clear.slice(0, longest)}…`;
};

const clearedWord = (value: unknown, credential: string | undefined): unknown => {
  if (typeof value === 'string') return cleared(value, credential, longestWord);
  return typeof value === 'number' ? value : undefined;
};

/** As clients may read it: of a length that somebody can read, and without what opens the upstream, which some repeat. */
export const clearedOf = ({ message, code, param }: Complaint, credential: string | undefined): Complaint => ({
  message: cleared(message, credential, longestMessage),
  code: clearedWord(code, credential),
  param: clearedWord(param, credential),
});

const messagesTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** How the Messages API calls an error of this status. */
export const messagesTypeOf = (status: number): string => messagesTypes[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');

const chatTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  429: 'rate_limit_error',
};

/** How clients of OpenAI's protocols spell a code. */
export const lowerSnake = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();

/** How the Chat Completions and Responses APIs call it. */
export const chatTypeOf = (status: number): string => chatTypes[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');

export const messagesError = (status: number, { message }: Pick<Complaint, 'message'>): Members => ({
  type: 'error',
  error: { type: messagesTypeOf(status), message },
});

export const chatError = (status: number, { message, code, param }: Pick<Complaint, 'message'> & Partial<Complaint>): Members => ({
  error: { message, type: chatTypeOf(status), param: param ?? null, code: code ?? null },
});
