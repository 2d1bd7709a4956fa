import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';

export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

const mostBytes = 1024 * 1024;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** One POST of JSON. Not `fetch`, which costs the agent ten megabytes for the one request it ever makes. */
export const postJson = (url: URL, body: object, timeoutMs: number): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const payload = Buffer.from(JSON.stringify(body));
    const send = url.protocol === 'https:' ? overHttps : overHttp;
    const headers = { 'content-type': 'application/json', accept: 'application/json', 'content-length': payload.length };
    const request = send(url, { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > mostBytes) response.destroy(new Error(`the answer of ${url.host} is larger than ${mostBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString('utf8')) }));
    });
    request.on('error', reject);
    request.end(payload);
  });
