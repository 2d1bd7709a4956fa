import type { CustomFetch } from 'openid-client';

/** The other side does not answer, or not with what could be an answer. A `TypeError`, as `fetch` throws it, so that it passes unchanged. */
export class Unreachable extends TypeError {
  override readonly name = 'Unreachable';
}

const mostBytes = 1_048_576;

const readBounded = async (response: Response): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > mostBytes) throw new Unreachable('the answer is larger than an answer of an issuer is');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Asks an issuer; whoever calls gives the time-out as the signal of `options`. */
export const boundedFetch: CustomFetch = async (url, { signal = null, body: sent = null, ...options }) => {
  try {
    const response = await fetch(url, { ...options, body: sent, signal });
    if (response.status >= 500) throw new Unreachable(`answered with ${response.status}`);
    const { status, statusText, headers } = response;
    const body = await readBounded(response);
    return new Response(body.length === 0 ? null : body, { status, statusText, headers });
  } catch (cause) {
    if (cause instanceof Unreachable) throw cause;
    throw new Unreachable(`${new URL(url).origin} cannot be asked`, { cause });
  }
};
