import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsText } from '@orrery/telemetry';
import type { Health } from './health.ts';

export interface HealthServer {
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, body: object): Answer => ({ status, type: 'application/json', body: `${JSON.stringify(body)}\n` });

const answerTo = async (path: string, health: Health): Promise<Answer> => {
  switch (path) {
    case '/health':
      return json(200, { alive: true, uptimeSeconds: Math.round(process.uptime()) });
    case '/ready': {
      const report = await health.ready();
      return json(report.ready ? 200 : 503, report);
    }
    case '/metrics':
      // So that the gauge of readiness is as fresh as what stands beside it.
      await health.ready();
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await metricsText() };
    default:
      return json(404, { error: 'here are /health, /ready and /metrics' });
  }
};

/** Liveness, readiness and metrics of the process, beside its real work and never through it. */
export const serveHealth = async (
  health: Health,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HealthServer> => {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const { status, type, body } = await answerTo(path, health).catch((error: unknown) => json(500, { error: String(error) }));
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(request.method === 'HEAD' ? undefined : body);
  };
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => void respond(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => resolve());
  });
  // Listening on a host and port, so never a pipe's name.
  const address = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://${host}:${address.port}`, port: address.port, close };
};
