import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/**
 * Nest's adapter around our own server. The server has routes, errors and unknown paths of its own; Nest gives it a life:
 * it listens, and it closes in order.
 */
export class EdgeAdapter extends FastifyAdapter {
  override setErrorHandler(): FastifyInstance {
    return this.getInstance();
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance();
  }

  override registerParserMiddleware(): void {}

  /** No Nest middleware, so nothing to be registered for it. */
  override async init(): Promise<void> {}
}
