import { z } from 'zod';

const parsed = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

const mistakeOf = (text: string, schemes: readonly string[]): string | undefined => {
  const url = parsed(text);
  if (!url) return 'not a URL';
  const wanted = schemes.map((scheme) => `${scheme}://`);
  // "postgres:name" is a URL too, but of no server.
  if (!wanted.some((beginning) => text.toLowerCase().startsWith(beginning))) return `does not begin with ${wanted.join(' or ')}`;
  return url.hostname === '' && !url.searchParams.has('host') ? 'names no host' : undefined;
};

/** The URL of a server that speaks one of these schemes; its mistakes are said in words. */
export const serverUrl = (...schemes: string[]) =>
  z.string().superRefine((text, context) => {
    const message = mistakeOf(text, schemes);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** An address of this machine, or a name of it. */
export const hostName = z.string().regex(/^[A-Za-z0-9_.:-]{1,255}$/, 'neither an address nor a name of a host');
