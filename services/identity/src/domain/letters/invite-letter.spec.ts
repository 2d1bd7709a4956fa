import { inviteLetter } from './invite-letter.ts';

const invitation = {
  to: 'bob@example.com',
  org: 'Acme',
  space: null,
  role: 'member',
  token: 'id.chance.proof',
  expiresAt: '2026-01-02T03:04:05.678Z',
  publicUrl: 'https://orrery.example.com',
} as const;

describe('the letter of an invite', () => {
  it('says to what, as what, for whom and until when', () => {
    const { to, subject, text } = inviteLetter(invitation);
    expect({ to, subject }).toEqual({ to: 'bob@example.com', subject: 'You are invited to "Acme"' });
    expect(text).toContain('You are invited to join "Acme" as member.\n');
    expect(text).toContain('\nhttps://orrery.example.com/invite#id.chance.proof\n');
    expect(text).toContain('\nid.chance.proof\n');
    expect(text).toContain('It is for bob@example.com, works once, and only until 2026-01-02 03:04 UTC.');
  });

  it('says to which space', () => {
    const { subject, text } = inviteLetter({ ...invitation, space: 'Labs', role: null });
    expect(subject).toBe('You are invited to the space "Labs"');
    expect(text).toContain('You are invited to join the space "Labs" of "Acme".\n');
  });

  it.each([
    'Acme\n\nDear customer,\nyour account is blocked',
    'Acme\r\nBcc: everybody@example.com',
    'https://evil.example/login',
    'x'.repeat(500),
  ])('lets nobody write a letter of their own with a name like %j', (org) => {
    const { subject, text } = inviteLetter({ ...invitation, org });
    expect(subject).not.toMatch(/[\r\n]/);
    expect(text.split('\n')).toHaveLength(inviteLetter(invitation).text.split('\n').length);
    expect(text).not.toMatch(/https?:\/\/evil/);
    expect(subject.length).toBeLessThan(80);
  });
});
