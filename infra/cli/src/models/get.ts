import { Problem } from '../place.ts';

const answerMs = 30_000;

export interface Got {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The head of an answer, within its time; the body takes its own. */
export const get = async (url: string, { headers, signal }: Got): Promise<Response> => {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('no answer in time')), answerMs);
  try {
    return await fetch(url, { headers, signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal });
  } catch (cause) {
    throw new Unanswered(new URL(url).origin, cause);
  } finally {
    clearTimeout(timer);
  }
};

const sayingOf = (cause: unknown): string =>
  cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : cause instanceof Error ? cause.message : String(cause);

/** Nothing came, or not all of it: trying again may help. */
export class Unanswered extends Problem {
  constructor(where: string, cause: unknown) {
    super(`${where} did not answer: ${sayingOf(cause)}.`, { cause });
  }
}

const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A refusal that ends it, or one that may pass. */
export const assertWell = async (response: Response, meaning404: string): Promise<void> => {
  if (response.ok) return;
  await response.body?.cancel();
  const { status } = response;
  const where = new URL(response.url).origin;
  if (passing.has(status)) throw new Unanswered(where, new Error(`it answers ${status}`));
  if (status === 401 || status === 403 || status === 404) throw new Problem(`${meaning404} (${status}).`);
  throw new Problem(`${where} answers ${status}.`);
};
