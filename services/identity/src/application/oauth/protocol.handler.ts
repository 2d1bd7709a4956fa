import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { signedInOf } from '../caller.ts';
import { SigningKeys } from '../signing/signing-keys.ts';
import { Snapshots } from '../snapshots.ts';
import { Tries } from '../tries/tries.ts';
import { OauthApps } from './oauth-apps.ts';
import { OauthGrants } from './oauth-grants.ts';
import { OauthRecords } from './oauth-records.ts';
import { isForApplication } from './token-rules.ts';

type Nothing = Record<string, never>;

/** What the protocol stands on. */
export class OauthDesk {
  constructor(
    readonly records: OauthRecords,
    readonly grants: OauthGrants,
    readonly apps: OauthApps,
    readonly issuer: string,
  ) {}
}

/** Serves the half of the protocol that speaks HTTP, in gateways. */
@Controller()
export class OauthProtocolHandler {
  constructor(
    private readonly desk: OauthDesk,
    private readonly snapshots: Snapshots,
    private readonly tries: Tries,
    private readonly signingKeys: SigningKeys,
  ) {}

  @Serves(identity.PutOauthRecord)
  async put(input: InputOf<typeof identity.PutOauthRecord>): Promise<Nothing> {
    await this.desk.records.put(input);
    return {};
  }

  @Serves(identity.FindOauthRecord)
  async find(input: InputOf<typeof identity.FindOauthRecord>, context: RequestContext): Promise<OutputOf<typeof identity.FindOauthRecord>> {
    if (input.by !== 'userCode') return { found: await this.desk.records.find(input) };
    const look = async () => (await this.desk.records.find(input)) ?? undefined;
    // Codes that people type are short: whoever guesses is slowed down by where they are.
    const from = context.origin?.ip ?? 'nowhere';
    return { found: (await this.tries.check('device-code', from, context, look)) ?? null };
  }

  @Serves(identity.ConsumeOauthRecord)
  consume({ model, id }: InputOf<typeof identity.ConsumeOauthRecord>): Promise<OutputOf<typeof identity.ConsumeOauthRecord>> {
    return this.desk.records.consume(model, id);
  }

  @Serves(identity.DropOauthRecord)
  async drop({ model, id }: InputOf<typeof identity.DropOauthRecord>): Promise<Nothing> {
    const ended = await this.desk.records.drop(model, id);
    if (ended !== undefined) await this.snapshots.oauthEnded(ended);
    return {};
  }

  @Serves(identity.EndOauthGrant)
  async endGrant({ grantId }: InputOf<typeof identity.EndOauthGrant>, context: RequestContext): Promise<Nothing> {
    await this.desk.grants.end(grantId, undefined, context);
    return {};
  }

  @Serves(identity.GrantOauthAccess)
  async grant(input: InputOf<typeof identity.GrantOauthAccess>, context: RequestContext): Promise<Nothing> {
    await this.desk.grants.begin(signedInOf(context), input, context);
    return {};
  }

  /** What this platform never made costs no look-up. */
  @Serves(identity.VerifyOauthSecret)
  async verify(
    { appId, secret }: InputOf<typeof identity.VerifyOauthSecret>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.VerifyOauthSecret>> {
    const presented = this.desk.apps.secrets.parse(secret);
    if (presented?.id !== appId) return { isRight: false };
    const look = async () => ((await this.desk.apps.hasSecret(appId, presented.hash)) ? appId : undefined);
    return { isRight: (await this.tries.check('oauth', appId, context, look)) !== undefined };
  }

  @Serves(identity.SignOauthToken)
  async sign({ kid, content }: InputOf<typeof identity.SignOauthToken>): Promise<OutputOf<typeof identity.SignOauthToken>> {
    await this.signingKeys.ready();
    const { issuer } = this.desk;
    if (!isForApplication(content, { kid, issuer, now: systemClock.now() })) return refuse({ code: 'TokenRefused', details: {} });
    return { signature: this.signingKeys.signContent(kid, content) ?? refuse({ code: 'TokenRefused', details: {} }) };
  }
}
