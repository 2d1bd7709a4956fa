/** The one cookie there is, for the published API whose clients are browsers. Its value is an access token. */
const name = 'session';

const tokenForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** More than one of that name: somebody has put another beside the one that was set here, and nobody can tell which. */
export const ambiguous = Symbol('ambiguous');

/** The value of a cookie in a `Cookie` header; undefined where there is none. */
export const cookieIn = (header: string | undefined, name: string): string | typeof ambiguous | undefined => {
  const values = (header ?? '').split(';').flatMap((part) => {
    const at = part.indexOf('=');
    return at > 0 && part.slice(0, at).trim() === name ? [part.slice(at + 1).trim()] : [];
  });
  const [only, ...others] = new Set(values);
  return others.length > 0 ? ambiguous : only;
};

export const sessionIn = (header: string | undefined): string | typeof ambiguous | undefined => cookieIn(header, name);

/**
 * Out of reach for scripts, not sent along by other sites but when somebody follows a link, and only under TLS where the platform is
 * reached by it. For the host alone: no `Domain`, so that no neighbour gets it.
 */
const attributes = (publicUrl: string): string => `Path=/; HttpOnly; SameSite=Lax${publicUrl.startsWith('https:') ? '; Secure' : ''}`;

/** `Set-Cookie` for whoever has logged in: always a new value, whatever came. */
export const settingSession = (accessToken: string, seconds: number, publicUrl: string): string => {
  if (!tokenForm.test(accessToken)) throw new TypeError('what is no token is no session');
  return `${name}=${accessToken}; Max-Age=${Math.floor(seconds)}; ${attributes(publicUrl)}`;
};

/** `Set-Cookie` for whoever has logged out. */
export const clearingSession = (publicUrl: string): string => `${name}=; Max-Age=0; ${attributes(publicUrl)}`;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);
/** What a page of another site can send without asking first, a browser would have said where it comes from. */
const needsPreflight = (method: string, headers: Headers): boolean =>
  method !== 'POST' || /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(String(headers['content-type'] ?? ''));

/**
 * Whether a request that brings the cookie may change something: browsers bring it by themselves, so they must also say that a page of
 * ours asked. Programs that are no browsers say nothing of the kind, and send what no page of another site could.
 */
export const isFromHere = (method: string, headers: Headers, publicUrl: string): boolean => {
  if (harmless.has(method)) return true;
  const { origin, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin !== undefined) return origin === new URL(publicUrl).origin;
  return site !== undefined || needsPreflight(method, headers);
};
