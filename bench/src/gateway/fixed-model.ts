import { createServer, type Server, type Socket } from 'node:net';
import { streamChunks, streamHead, taken, unknown, wholeAnswer } from './fixed-answers.ts';

/** As a model sends that writes fifty tokens a second. */
export const pacedMs = 20;

const headEnd = Buffer.from('\r\n\r\n');
const asksForStream = Buffer.from('"stream":true');

interface Asked {
  readonly head: string;
  readonly body: Buffer;
  readonly rest: Buffer;
}

/** Undefined until all of it is there. */
const askedIn = (bytes: Buffer): Asked | undefined => {
  const at = bytes.indexOf(headEnd);
  if (at < 0) return undefined;
  const head = bytes.toString('latin1', 0, at);
  const bodyAt = at + headEnd.length;
  const end = bodyAt + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return bytes.length < end ? undefined : { head, body: bytes.subarray(bodyAt, end), rest: bytes.subarray(end) };
};

/** Piece by piece, so that whoever passes them on gets each by itself. */
const stream = (socket: Socket): void => {
  let at = 0;
  const next = (): void => {
    const chunk = streamChunks[at];
    if (chunk === undefined || socket.destroyed) return;
    at += 1;
    socket.write(chunk);
    setImmediate(next);
  };
  socket.write(streamHead);
  next();
};

const streamPaced = (socket: Socket): void => {
  let at = 0;
  const timer = setInterval(() => {
    const chunk = streamChunks[at];
    at += 1;
    if (chunk === undefined || socket.destroyed) clearInterval(timer);
    else socket.write(chunk);
  }, pacedMs);
  socket.write(Buffer.concat([streamHead, streamChunks[0] ?? headEnd]));
  at = 1;
};

const answer = (socket: Socket, { head, body }: Asked): void => {
  // Spans are sent here as well, and are dropped.
  if (head.startsWith('POST /v1/traces')) socket.write(taken);
  else if (!head.includes('/chat/completions')) socket.write(unknown);
  else if (!body.includes(asksForStream)) socket.write(wholeAnswer);
  else if (head.startsWith('POST /paced')) streamPaced(socket);
  else stream(socket);
};

/** A model server that says the same to everybody, at once or, below `/paced`, as slowly as models do. Requests on a connection follow one another. */
export const createFixedModel = (): Server =>
  createServer({ noDelay: true }, (socket) => {
    let held: Buffer | undefined;
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      const asked = askedIn(held ? Buffer.concat([held, bytes]) : bytes);
      if (asked === undefined) {
        held = held ? Buffer.concat([held, bytes]) : bytes;
        return;
      }
      held = asked.rest.length > 0 ? asked.rest : undefined;
      answer(socket, asked);
    });
  });
