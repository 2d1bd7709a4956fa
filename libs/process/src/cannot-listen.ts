import { isNativeError } from 'node:util/types';
import { CannotStart } from './cannot-start.ts';

export interface ListeningAt {
  readonly host: string;
  readonly port: number;
  /** The variables that say host and port. */
  readonly variables: readonly [host: string, port: string];
}

const reasons: Readonly<Record<string, (at: ListeningAt) => string>> = {
  EADDRINUSE: ({ port, variables: [, name] }) => `port ${port} is taken by another program. End that one, or set ${name} to a free port`,
  EACCES: ({ port, variables: [, name] }) => `port ${port} needs rights that this process lacks. Set ${name} to one above 1023`,
  EADDRNOTAVAIL: ({ host, variables: [name] }) => `${host} is no address of this machine. Mend ${name}`,
  ENOTFOUND: ({ host, variables: [name] }) => `no host named ${host} is known here. Mend ${name}`,
  EAI_AGAIN: ({ host, variables: [name] }) => `no host named ${host} is known here. Mend ${name}`,
};

/** Why a server could not listen, where the reason is the place that it was told; the error itself for any other reason. */
export const cannotListen = (error: unknown, at: ListeningAt): unknown => {
  const code = isNativeError(error) && 'code' in error ? String(error.code) : '';
  const reason = reasons[code]?.(at);
  return reason === undefined ? error : new CannotStart(`Cannot listen at ${at.host}:${at.port}: ${reason}.`, { cause: error });
};
