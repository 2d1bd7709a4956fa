import { createHmac } from 'node:crypto';
import { isMembers, parsed } from '../../shapes/members.ts';

/** What a guardrail elsewhere says of texts. */
export type Verdict =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'block' }
  /** As many as it was asked about, in their order. */
  | { readonly verdict: 'replace'; readonly texts: readonly string[] };

/** Undefined where it is none. */
export const verdictIn = (body: string, asked: number): Verdict | undefined => {
  const said = parsed(body);
  if (!isMembers(said)) return undefined;
  const { verdict, texts } = said;
  if (verdict === 'allow' || verdict === 'block') return { verdict };
  if (verdict !== 'replace' || !Array.isArray(texts) || texts.length !== asked) return undefined;
  const known = texts.filter((text) => typeof text === 'string');
  return known.length === asked ? { verdict, texts: known } : undefined;
};

/** Over when it was sent and what, so that it cannot be sent again later. */
export const signatureOf = (secret: string, seconds: number, body: string): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
