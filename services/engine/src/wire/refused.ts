export interface RefusedParts {
  readonly status: number;
  readonly type: 'invalid_request_error' | 'server_error';
  readonly message: string;
  /** The field that is wrong, such as `messages[0].content`. */
  readonly param?: string | undefined;
  readonly code?: string | undefined;
  readonly retryAfterSeconds?: number;
}

/** A request that gets no answer of the model, in the shape of OpenAI's errors. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(readonly parts: RefusedParts) {
    super(parts.message);
  }

  get body(): object {
    const { message, type, param = null, code = null } = this.parts;
    return { error: { message, type, param, code } };
  }
}

/** A field that says something this engine cannot do, or that no engine can. */
export const wrongField = (param: string, why: string, code = 'invalid_value'): Refused =>
  new Refused({ status: 400, type: 'invalid_request_error', message: `'${param}': ${why}`, param, code });
