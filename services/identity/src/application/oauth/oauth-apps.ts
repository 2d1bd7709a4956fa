import { type InputOf, identity, instantOf, newId } from '@orrery/contracts';
import { isSameSecret } from '@orrery/credentials';
import { type CommandContext, type EventStore, handleWith, type PageOf, type Where } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import type { Owner } from '../../domain/keys/api-key.ts';
import { permissionsOfMember } from '../../domain/keys/grant.ts';
import { type Change, OauthApp } from '../../domain/oauth/oauth-app.ts';
import { type OauthAppRow, oauthApps, shownApp } from '../../views/oauth/oauth-apps.view.ts';
import type { Manager } from '../keys/manager.ts';
import type { Snapshots } from '../snapshots.ts';
import { within } from '../together.ts';
import type { AppSecrets } from './app-secrets.ts';
import type { OauthGrants } from './oauth-grants.ts';

type Wish = Omit<InputOf<typeof identity.CreateOauthApp>, 'org'>;
type Listing = InputOf<typeof identity.ListMyOauthApps>;

const streamOf = (appId: string): string => `oauth-app-${appId}`;
const notFound = { code: 'OauthAppNotFound', details: {} } as const;
/** Every gateway holds all of them in memory. */
const mostApps = 100;
const atOnce = 100;

const ownedBy = (owner: Owner): Where<OauthAppRow> => ('orgId' in owner ? { orgId: owner.orgId } : { userId: owner.userId, orgId: null });

const usualScopes = (kind: identity.OauthAppKind): identity.OauthScope[] =>
  kind === 'service' ? [...permissionsOfMember] : [...identity.personalScopes, ...permissionsOfMember];

/** The life of applications, an organization's and people's own. What changes is told to every gateway before it is answered. */
export class OauthApps {
  private readonly app;

  constructor(
    private readonly store: EventStore,
    readonly secrets: AppSecrets,
    private readonly snapshots: Snapshots,
    private readonly grants: OauthGrants,
  ) {
    this.app = handleWith(store, OauthApp, { name: 'oauth-app' });
  }

  async create(wish: Wish, { owner, userId, held, context }: Manager): Promise<identity.ShownOauthApp> {
    const { kind, name, redirectUris, scopes = usualScopes(kind) } = wish;
    const count = await this.store.read(oauthApps).count(ownedBy(owner));
    if (count >= mostApps) refuse({ code: 'TooManyOauthApps', details: { limit: mostApps } });
    const appId = newId(identity.OauthAppId);
    const minted = kind === 'native' ? undefined : this.secrets.mint(appId);
    const orgId = 'orgId' in owner ? owner.orgId : null;
    const settings = { name, redirectUris, scopes: [...new Set(scopes)], isActive: true };
    const command = { type: 'Create', appId, orgId, userId, kind, settings, hash: minted?.hash ?? null, held, at: now() } as const;
    const answer = () => ({ appId, secret: minted?.token ?? null });
    const made = refuse(await this.app(streamOf(appId), command, context, { input: wish, answer, sealed: true, fresh: true })).answer;
    return { ...(await this.told(made.appId, owner)), secret: made.secret };
  }

  async list(owner: Owner, { limit, cursor }: Listing): Promise<PageOf<identity.OauthAppView>> {
    const page = await this.store.read(oauthApps).page({ where: ownedBy(owner), order: { by: ['id'] }, limit, cursor });
    return { ...page, items: page.items.map(shownApp) };
  }

  async update(appId: identity.OauthAppId, change: Change, { owner, held, context }: Manager): Promise<identity.OauthAppView> {
    const command = { type: 'Update', owner, change, held, at: now() } as const;
    refuse(await this.app(streamOf(appId), command, context, { input: { appId, change } }));
    return this.told(appId, owner);
  }

  async resetSecret(appId: identity.OauthAppId, { owner, held, context }: Manager): Promise<identity.ShownOauthApp> {
    const { token, hash } = this.secrets.mint(appId);
    const command = { type: 'ResetSecret', owner, hash, held, at: now() } as const;
    const options = { input: { resetSecret: appId }, answer: () => ({ secret: token }), sealed: true };
    const { answer } = refuse(await this.app(streamOf(appId), command, context, options));
    return { ...(await this.told(appId, owner)), secret: answer.secret };
  }

  async delete(appId: identity.OauthAppId, { owner, context }: Pick<Manager, 'owner' | 'context'>): Promise<void> {
    refuse(await this.app(streamOf(appId), { type: 'Delete', owner, at: now() }, context, { input: { delete: appId } }));
    await this.snapshots.appChanged(appId);
    await this.grants.endAllOf({ appId }, context);
  }

  async hasSecret(id: identity.OauthAppId, hash: string): Promise<boolean> {
    const app = await this.store.read(oauthApps).one({ id, isActive: true });
    return app !== undefined && app.hash !== null && isSameSecret(hash, app.hash);
  }

  /** All that are left, where their owner ends. */
  async deleteAllOf(owner: Owner, context: CommandContext): Promise<void> {
    for (;;) {
      const left = await this.store.read(oauthApps).list({ where: ownedBy(owner), order: { by: ['id'] }, limit: atOnce });
      if (left.length === 0) return;
      for (const { id } of left) await this.delete(id, { owner, context: within(context, id) });
    }
  }

  /** What it is now, after every gateway was told. */
  private async told(id: identity.OauthAppId, owner: Owner): Promise<identity.OauthAppView> {
    await this.snapshots.appChanged(id);
    const row = await this.store.read(oauthApps).one({ id, ...ownedBy(owner) });
    return row ? shownApp(row) : refuse(notFound);
  }
}

const now = (): string => instantOf(systemClock.now());
