import { WorkerId } from './types.ts';

const shape = /^ojt_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

export interface JoinToken {
  /** Whom the token is for: a token is a machine that is expected. */
  readonly workerId: WorkerId;
  /** 32 random bytes in base64url. */
  readonly secret: string;
}

export const writeJoinToken = ({ workerId, secret }: JoinToken): string => `ojt_${workerId.replaceAll('-', '')}_${secret}`;

/** Undefined where the text is no join token. */
export const readJoinToken = (text: string): JoinToken | undefined => {
  const [, hex, secret] = shape.exec(text) ?? [];
  if (!hex || !secret) return undefined;
  const workerId = WorkerId.safeParse(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  return workerId.success ? { workerId: workerId.data, secret } : undefined;
};
