import type { onResponseHookHandler } from 'fastify';
import { nobody } from '../access/caller.ts';
import type { Limiting } from '../limit/limiting.ts';

const statusClientLeft = 499;

/**
 * What a request to a model takes of its limits it takes where it is reserved; one that is refused before that, or given an answer that was given before,
 * takes from an allowance of its own.
 */
export const countRefused =
  (limiting: Limiting): onResponseHookHandler =>
  (request, reply, done) => {
    done();
    const { exchange } = request;
    const { statusCode } = reply;
    if (exchange?.route?.kind !== 'paid' || exchange.isReserved || exchange.caller === nobody) return;
    if (statusCode >= statusClientLeft) return;
    void limiting.noteRefused({ caller: exchange.caller, ip: request.ip });
  };
