import {
  addressChangedLetter,
  deactivatedLetter,
  deletedLetter,
  resetLetter,
  signUpAgainLetter,
  verificationLetter,
} from './account-letters.ts';
import { htmlOf, type Letter } from './letter.ts';

const publicUrl = 'https://orrery.example.com';
const to = 'ada@example.com';
const ticket = { to, publicUrl, token: 'id.chance.proof', expiresAt: '2026-01-02T03:04:05.678Z' };

const letters: readonly Letter[] = [
  verificationLetter(ticket),
  resetLetter(ticket),
  addressChangedLetter({ to, publicUrl }, ticket.expiresAt),
  signUpAgainLetter({ to, publicUrl }),
  deactivatedLetter({ to, publicUrl }),
  deletedLetter({ to, publicUrl }),
];

describe('a letter', () => {
  it.each(letters.map((letter) => [letter.subject, letter] as const))('"%s" says in short lines what happened', (_, letter) => {
    expect(letter.to).toBe(to);
    expect(letter.subject).toMatch(/^[A-Z][^\n]{5,60}$/);
    expect(letter.text).toMatch(/^[A-Z].*\n$/s);
    for (const line of letter.text.split('\n')) expect(line.length).toBeLessThan(140);
    expect(letter.text).not.toMatch(/undefined|\[object/);
  });

  it.each([verificationLetter(ticket), resetLetter(ticket)])(
    'brings its token in a link that no server is told, and by itself',
    ({ text }) => {
      expect(text).toMatch(/https:\/\/orrery\.example\.com\/[a-z-]+#id\.chance\.proof\n/);
      expect(text).toContain('\nid.chance.proof\n');
      expect(text).toContain('until 2026-01-02 03:04 UTC');
    },
  );

  it('links to us alone where HTML is shown, and lets no one write HTML', () => {
    const text = `By "<b>Eve</b>" & co: https://evil.example/x\n\nOpen ${publicUrl}/invite#a.b"c\nnow`;
    expect(htmlOf({ to, subject: 's', text }, publicUrl)).toBe(
      '<!doctype html><html lang="en"><body style="font-family:sans-serif">' +
        '<p>By &quot;&lt;b&gt;Eve&lt;/b&gt;&quot; &amp; co: https://evil.example/x</p>' +
        '<p>Open <a href="https://orrery.example.com/invite#a.b">https://orrery.example.com/invite#a.b</a>&quot;c<br>now</p></body></html>',
    );
  });
});
