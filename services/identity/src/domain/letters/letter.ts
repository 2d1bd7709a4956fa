/** What goes to somebody by e-mail. Plain text: nothing in it is a link but our own. */
export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);

/** The address of our own, up to what cannot be part of one. */
const linked = (line: string, ownUrl: string): string => {
  const start = line.indexOf(`${ownUrl}/`);
  if (start < 0) return escaped(line);
  const [url = ''] = line.slice(start).split(/[\s"'<>]/, 1);
  const rest = line.slice(start + url.length);
  return `${escaped(line.slice(0, start))}<a href="${escaped(url)}">${escaped(url)}</a>${escaped(rest)}`;
};

/** The same letter for readers that show HTML: paragraphs, and links to us. */
export const htmlOf = ({ text }: Letter, ownUrl: string): string => {
  const paragraphs = text.split(/\n{2,}/).map((paragraph) => {
    const lines = paragraph.split('\n').map((line) => linked(line, ownUrl));
    return `<p>${lines.join('<br>')}</p>`;
  });
  return `<!doctype html><html lang="en"><body style="font-family:sans-serif">${paragraphs.join('')}</body></html>`;
};
