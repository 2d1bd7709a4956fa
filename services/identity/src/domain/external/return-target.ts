/** What browsers leave out of an address, or take for a slash, before they go there. */
const ambiguous = /[\p{Cc}\\]/u;

/**
 * Where a browser may be sent when it has signed in, whole: a path of this platform, or an address at an origin that the operator
 * named. Undefined for everything else, however it is written.
 */
export const returnTarget = (text: string, publicUrl: string, origins: readonly string[]): string | undefined => {
  if (ambiguous.test(text) || !URL.canParse(text, publicUrl)) return undefined;
  const target = new URL(text, publicUrl);
  const isOurs = text.startsWith('/') && !text.startsWith('//') && target.origin === new URL(publicUrl).origin;
  const isNamed = /^https?:\/\//i.test(text) && origins.some((origin) => new URL(origin).origin === target.origin);
  return (isOurs || isNamed) && target.username === '' && target.password === '' ? target.href : undefined;
};
