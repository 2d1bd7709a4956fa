const tokenForm = /^[\w.-]+$/;

/**
 * What a browser must bring back from an issuer: sealed, out of reach for scripts, and sent along when somebody comes from another
 * site by a link, as an issuer sends them. Under TLS its name forbids neighbouring hosts to set it.
 */
export const ticketCookie = (publicUrl: string) => {
  const isSecure = publicUrl.startsWith('https:');
  const name = isSecure ? '__Host-sign-in' : 'sign-in';
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return {
    name,
    setting: (ticket: string, seconds: number): string => {
      if (!tokenForm.test(ticket)) throw new TypeError('what is no ticket is not set');
      return `${name}=${ticket}; Max-Age=${Math.floor(seconds)}; ${attributes}`;
    },
    clearing: `${name}=; Max-Age=0; ${attributes}`,
  };
};
