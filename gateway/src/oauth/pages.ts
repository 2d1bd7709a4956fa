import { createHash } from 'node:crypto';

const style = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center}
main{width:min(26rem,calc(100% - 2rem))}
h1{font-size:1.25rem}
label{display:block;margin:.75rem 0}
input{display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit}
button{padding:.5rem 1rem;margin:.75rem .5rem 0 0;font:inherit}
.problem{border-left:.25rem solid;padding-left:.75rem}
code{font-size:1.25rem}
`;
const styleHash = createHash('sha256').update(style).digest('base64');

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** What comes from outside, made harmless. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | Markup | undefined | readonly Markup[];

const written = (piece: Piece): string => {
  if (piece === undefined) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'string') return piece.replace(/[&<>"']/g, (character) => escapes[character] ?? '');
  return piece.map(written).join('');
};

/** Everything that is put in is escaped, unless it is markup of ours. */
export const html = (texts: TemplateStringsArray, ...pieces: Piece[]): Markup =>
  new Markup(texts.map((text, at) => text + written(pieces[at])).join(''));

export const page = (title: string, body: Markup): string =>
  html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${new Markup(style)}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`
    .text;

export const problemOf = (problem: string | undefined): Markup | undefined =>
  problem === undefined ? undefined : html`<p class="problem" role="alert">${problem}</p>`;

/** Where forms may lead besides here: back to the application, which a browser asks before it follows. */
const leadingTo = (redirectUri: string | undefined): string => {
  if (redirectUri === undefined || !URL.canParse(redirectUri)) return '';
  const { protocol, origin } = new URL(redirectUri);
  return ` ${origin === 'null' ? protocol : origin}`;
};

/** Headers of every page: no scripts, no frames, no other site. */
export const pageHeaders = (redirectUri?: string): Readonly<Record<string, string>> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'${leadingTo(redirectUri)}; frame-ancestors 'none'; base-uri 'none'`,
  // Forms say where they come from only where pages may.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
});

export const logInPage = ({ app, email = '', problem }: { app: string; email?: string; problem?: string | undefined }): string =>
  page(
    `Log in to go on to ${app}`,
    html`${problemOf(problem)}<form method="post"><input type="hidden" name="step" value="log-in"><label>E-mail<input type="email" name="email" value="${email}" autocomplete="username" required autofocus></label><label>Password<input type="password" name="password" autocomplete="current-password" required></label><button>Log in</button></form>${leaving}`,
  );

const leaving = html`<form method="post"><input type="hidden" name="step" value="deny"><button>Cancel</button></form>`;

export const secondFactorPage = ({ problem }: { problem?: string | undefined }): string =>
  page(
    'Second factor',
    html`${problemOf(problem)}<form method="post"><input type="hidden" name="step" value="second-factor"><label>Code of your authenticator app, or a backup code<input name="code" autocomplete="one-time-code" required autofocus></label><button>Go on</button></form>${leaving}`,
  );

const personal: Readonly<Record<string, string>> = {
  openid: 'know that it is you',
  profile: 'see your name and your organizations',
  email: 'see your e-mail address',
  offline_access: 'go on while you are away, until you end it',
};

const mayOf = (scope: string): Markup => {
  const sentence = personal[scope];
  if (sentence !== undefined) return html`<li>${sentence}</li>`;
  const [resource = '', act = ''] = scope.split(':');
  return html`<li>${resource.replace('-', ' ')}: ${act.replace('-', ' ')}</li>`;
};

interface Asking {
  readonly app: string;
  readonly email: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string | undefined;
}

export const consentPage = ({ app, email, scopes, redirectUri }: Asking): string =>
  page(
    `${app} wants to act for you`,
    html`<p>You are logged in as ${email}. ${app} was made by its own authors, not by us. It would be let:</p><ul>${scopes.map(mayOf)}</ul>${redirectUri === undefined ? undefined : html`<p>You go back to ${new URL(redirectUri).host || redirectUri}.</p>`}<form method="post"><button name="step" value="allow">Allow</button><button name="step" value="deny">Refuse</button><button name="step" value="other">I am somebody else</button></form>`,
  );

export const problemPage = (title: string, problem: string): string => page(title, html`<p>${problem}</p>`);

/** The provider's own form, with its guard against other sites: the field is made by it, the buttons by us. */
export const deviceCodePage = (form: string, problem: string | undefined): string =>
  page(
    'Connect a device',
    html`${problemOf(problem)}<p>Type the code that the device shows.</p>${new Markup(plain(form))}<button type="submit" form="op.deviceInputForm">Go on</button>`,
  );

export const deviceConfirmPage = ({ form, app, code, from }: { form: string; app: string; code: string; from: string }): string =>
  page(
    `Connect ${app}?`,
    html`<p>The device shows the code <code>${code}</code> and asked from ${from}. Go on only if it is yours, and you have started this.</p>${new Markup(plain(form))}<button autofocus type="submit" form="op.deviceConfirmForm">It is mine</button><button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">It is not</button>`,
  );

/** Handlers in attributes would be refused by the policy of the page anyway. */
const plain = (form: string): string => form.replace(/ on\w+="[^"]*"/g, '');

export const deviceDonePage = (app: string): string =>
  problemPage('Connected', `${app} is connected. You can close this page and go on there.`);
