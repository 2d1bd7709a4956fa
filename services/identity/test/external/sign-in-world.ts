import { randomUUID } from 'node:crypto';
import { identity, type RequestContext } from '@orrery/contracts';
import { contextOf, granted, type IssuerClaims, nobody, type OidcIssuer, signInAt, startIssuer } from '@orrery/testing';
import { Rig, somewhere } from '../fixtures/rig.ts';

export const publicUrl = 'https://orrery.example.com';
export const consoleUrl = 'https://console.example.com';
const names = ['work', 'other', 'down'];
const callbackOf = (name: string): string => `${publicUrl}/sign-in/${name}/callback`;

/** Somebody to an issuer, with an address that is theirs. */
export const somebody = (more: Partial<IssuerClaims> = {}): IssuerClaims => ({
  sub: randomUUID(),
  email: `${randomUUID()}@example.com`,
  email_verified: true,
  name: 'Ada Lovelace',
  ...more,
});

type Begun = Pick<identity.SignInBeginning, 'url' | 'ticket'>;
export type Answer = Partial<Record<'code' | 'state' | 'iss' | 'error', string>>;

/** Identity with a real issuer that is believed about `example.com`, one of the same kind that is believed about nothing, and one that is down. */
export class SignInWorld {
  private constructor(
    readonly rig: Rig,
    readonly issuer: OidcIssuer,
    private readonly other: OidcIssuer,
  ) {}

  static async start(downUrl: string): Promise<SignInWorld> {
    const [issuer, other] = await Promise.all([startIssuer(names.map(callbackOf)), startIssuer(names.map(callbackOf))]);
    const { clientId, clientSecret } = issuer;
    const configured = [
      { name: 'work', title: 'Work', issuer: issuer.url, clientId, clientSecret, domains: ['example.com'] },
      { name: 'other', issuer: other.url, clientId, clientSecret },
      { name: 'down', issuer: downUrl, clientId, clientSecret, domains: ['*'] },
    ];
    const rig = await Rig.start({
      ORRERY_PUBLIC_URL: publicUrl,
      ORRERY_SIGN_IN_ISSUERS: JSON.stringify(configured),
      ORRERY_SIGN_IN_ORIGINS: consoleUrl,
    });
    return new SignInWorld(rig, issuer, other);
  }

  async stop(): Promise<void> {
    await this.rig.stop();
    await Promise.all([this.issuer.stop(), this.other.stop()]);
  }

  begin(issuer = 'work', returnTo?: string) {
    return this.rig.ask(identity.BeginSignIn, { issuer, ...(returnTo === undefined ? {} : { returnTo }) });
  }

  async begun(issuer = 'work'): Promise<identity.SignInBeginning> {
    return granted(await this.begin(issuer));
  }

  /** What the issuer puts into the callback. */
  async answer({ url }: Pick<Begun, 'url'>, who: IssuerClaims | undefined): Promise<Answer> {
    return Object.fromEntries((await signInAt(url, who)).searchParams);
  }

  finish({ ticket }: Pick<Begun, 'ticket'>, { code, state, iss, error }: Answer, { issuer = 'work', context = this.stranger() } = {}) {
    const answer = Object.fromEntries(Object.entries({ code, state, iss, error }).filter(([, value]) => value !== undefined));
    return this.rig.ask(identity.FinishSignIn, { issuer, ticket, answer }, context);
  }

  /** All of it, with an honest browser. */
  async signIn(who: IssuerClaims | undefined, issuer = 'work') {
    const begun = await this.begun(issuer);
    return await this.finish(begun, await this.answer(begun, who), { issuer });
  }

  async link(who: IssuerClaims, as: RequestContext, issuer = 'work') {
    const begun = granted(await this.rig.ask(identity.BeginIdentityLink, { issuer }, as));
    return await this.finish(begun, await this.answer(begun, who), { issuer });
  }

  stranger(): RequestContext {
    return contextOf(nobody, { origin: somewhere() });
  }
}
