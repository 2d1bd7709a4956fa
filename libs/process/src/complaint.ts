import { isNativeError } from 'node:util/types';

/** A server that a process needs, as its operator knows it. */
export interface Target {
  readonly title: string;
  /** Host and port, without the login. */
  readonly address: string;
  /** The variable that says where it is. */
  readonly variable: string;
}

interface Finding {
  readonly codes: readonly string[];
  /** What the code means; absent where the error says it well enough. */
  readonly why?: string;
  readonly mend: (variable: string) => string;
  /** Starting over would only fail again. */
  readonly isHopeless?: true;
}

const natsCredentials = 'ORRERY_NATS_CREDS must be the path of a .creds file that this server knows, with the rights of this program';

const findings: readonly Finding[] = [
  { codes: ['28P01', 'WRONGPASS', 'NOAUTH'], mend: (variable) => `Mend the user and the password in ${variable}`, isHopeless: true },
  { codes: ['28000'], mend: (variable) => `Let its pg_hba.conf admit this login, or mend ${variable}`, isHopeless: true },
  { codes: ['3D000'], mend: (variable) => `Create that database, or mend ${variable}`, isHopeless: true },
  {
    codes: ['42501'],
    mend: (variable) => `Let the role of ${variable} create databases (ALTER ROLE … CREATEDB), or create them for it`,
    isHopeless: true,
  },
  { codes: ['AUTHORIZATION_VIOLATION', 'AUTHENTICATION_EXPIRED'], mend: () => natsCredentials, isHopeless: true },
  { codes: ['BAD_CREDS'], why: 'the credentials are not of the form of a .creds file', mend: () => natsCredentials, isHopeless: true },
  { codes: ['ECONNREFUSED', 'CONNECTION_REFUSED'], why: 'nothing listens there', mend: (variable) => `Start it, or mend ${variable}` },
  { codes: ['ENOTFOUND', 'EAI_AGAIN'], why: 'no host of that name is known here', mend: (variable) => `Mend ${variable}` },
  {
    codes: ['TimedOut', 'TIMEOUT', 'ECONNRESET', 'DISCONNECT', 'ParserError'],
    why: 'it gives no answer that we understand',
    mend: (variable) => `Is it the right port, with the right protocol? Otherwise mend ${variable}`,
  },
  {
    codes: ['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'CONNECTION_TIMEOUT'],
    why: 'there is no way to it from here',
    mend: (variable) => `Look at the network, or mend ${variable}`,
  },
];

const fileErrors = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EPERM']);

/** A file of credentials that cannot be read will not come by waiting. */
const unreadable = (error: Error): Finding | undefined => {
  if (!('code' in error && 'syscall' in error)) return undefined;
  const isOfFile = (error.syscall === 'open' || error.syscall === 'read') && fileErrors.has(String(error.code));
  return isOfFile ? { codes: [], mend: () => natsCredentials, isHopeless: true } : undefined;
};

/** The driver of PostgreSQL has no code for it. */
const hungUp = /terminated unexpectedly|timeout expired/;

const codeOf = (error: Error): string => {
  if (hungUp.test(error.message)) return 'ECONNRESET';
  // The driver of Redis has the code as the first word of the server's sentence.
  const word = error.name === 'ReplyError' ? error.message.split(' ', 1)[0] : undefined;
  return word ?? ('code' in error && typeof error.code === 'string' ? error.code : error.name);
};

/** The error and what lies under it, outermost first. */
const layersOf = (error: unknown): readonly Error[] => {
  // An error of the platform is none of ours where programs have a global scope of their own, as in a test.
  if (!isNativeError(error)) return [];
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return [error, ...layersOf(inner)];
};

const foundIn = (error: unknown): { readonly error: Error; readonly finding: Finding } | undefined => {
  for (const layer of layersOf(error)) {
    const code = codeOf(layer);
    const finding = unreadable(layer) ?? findings.find(({ codes }) => codes.includes(code));
    if (finding) return { error: layer, finding };
  }
  return undefined;
};

/** Whether it is the server, the way to it or the login that failed, and not our own code. */
export const isOfServer = (error: unknown): boolean => foundIn(error) !== undefined;

/** Whether starting over would only fail again, so that the process should say so at once. */
export const isHopeless = (error: unknown): boolean => foundIn(error)?.finding.isHopeless === true;

const reasonOf = (error: unknown): string => {
  const innermost = layersOf(error).at(-1);
  return innermost === undefined ? String(error) : innermost.message || innermost.name;
};

/** Why a server did not let us in, and what mends it, in a sentence or two. `how` is the end of "PostgreSQL at db:5432 …". */
export const complaintOf = ({ title, address, variable }: Target, how: string, error: unknown): string => {
  const found = foundIn(error);
  const said = (found === undefined ? reasonOf(error) : found.error.message || found.error.name).replace(/\.$/, '');
  const why = found?.finding.why === undefined ? said : `${found.finding.why} (${said})`;
  const mend = found === undefined ? `Start it, or mend ${variable}` : found.finding.mend(variable);
  return `${title} at ${address} ${how}: ${why}. ${mend}.`;
};
