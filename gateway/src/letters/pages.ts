import { createHash } from 'node:crypto';
import { html, Markup, page, pageHeaders, problemOf } from '../oauth/pages.ts';

/** Links of letters carry their token after a `#`, which no server is told: it is put into the form here, and sent when somebody asks for it. */
const script = `const token=location.hash.slice(1);if(token)for(const field of document.querySelectorAll('input[name=token]'))field.value=token`;
const scriptHash = createHash('sha256').update(script).digest('base64');
const filling = html`<script>${new Markup(script)}</script>`;

const plainHeaders = pageHeaders();

export const letterHeaders: Readonly<Record<string, string>> = {
  ...plainHeaders,
  'content-security-policy': `${plainHeaders['content-security-policy']}; script-src 'sha256-${scriptHash}'`,
};

/** What was wrong with what came, and what came, but for secrets. */
export interface Shown {
  readonly problem?: string;
  readonly token?: string;
}

const tokenField = (token = ''): Markup => html`<label>Token of the letter<input name="token" value="${token}" required></label>`;
const newPassword = html`<input type="password" name="password" autocomplete="new-password" minlength="10" required>`;

export const verifyEmailPage = ({ problem, token }: Shown): string =>
  page(
    'Confirm your e-mail address',
    html`${problemOf(problem)}<form method="post">${tokenField(token)}<button>This address is mine</button></form>${filling}`,
  );

export const resetPasswordPage = ({ problem, token }: Shown): string =>
  page(
    'Choose a new password',
    html`${problemOf(problem)}<form method="post">${tokenField(token)}<label>New password${newPassword}</label><button name="step" value="reset">Choose it</button></form><h2>No letter yet?</h2><form method="post"><label>E-mail<input type="email" name="email" autocomplete="username" required></label><button name="step" value="ask">Send one</button></form>${filling}`,
  );

export const invitePage = ({ problem, token }: Shown): string =>
  page(
    'You are invited',
    html`${problemOf(problem)}<h2>I have an account</h2><form method="post">${tokenField(token)}<label>Password<input type="password" name="password" autocomplete="current-password" required></label><label>Code of your authenticator app, or a backup code, if you have one<input name="code" autocomplete="one-time-code"></label><button name="step" value="accept">Accept</button><button name="step" value="decline">Decline</button></form><h2>I am new here</h2><form method="post">${tokenField(token)}<label>Your name<input name="name" autocomplete="name"></label><label>Choose a password${newPassword}</label><button name="step" value="join">Join</button></form>${filling}`,
  );

export const donePage = (title: string, sentence: string): string => page(title, html`<p>${sentence}</p>`);
