import { type InputOf, identity, instantOf, type OutputOf, type UserId } from '@orrery/contracts';
import { type CommandContext, type EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { OauthGrant } from '../../domain/oauth/oauth-grant.ts';
import { oauthApps } from '../../views/oauth/oauth-apps.view.ts';
import { oauthGrants } from '../../views/oauth/oauth-grants.view.ts';
import { findById } from '../../views/people.view.ts';
import type { Snapshots } from '../snapshots.ts';
import { within } from '../together.ts';
import type { OauthRecords } from './oauth-records.ts';

const streamOf = (grantId: string): string => `oauth-grant-${grantId}`;
const atOnce = 100;

/** What people let applications do. When it ends, all that came of it ends, everywhere. */
export class OauthGrants {
  private readonly grant;

  constructor(
    private readonly store: EventStore,
    private readonly records: OauthRecords,
    private readonly snapshots: Snapshots,
  ) {
    this.grant = handleWith(store, OauthGrant, { name: 'oauth-grant' });
  }

  async begin(userId: UserId, granted: InputOf<typeof identity.GrantOauthAccess>, context: CommandContext): Promise<void> {
    const person = await findById(this.store, userId);
    if (!person?.isActive) refuse({ code: 'UserDeactivated', details: {} });
    refuse(await this.grant(streamOf(granted.grantId), { type: 'Grant', userId, ...granted, at: now() }, context, { input: granted }));
  }

  /** Of nobody's doing where no person is named. What was begun and never granted has tokens to forget all the same. */
  async end(grantId: string, userId: UserId | undefined, context: CommandContext): Promise<void> {
    const ended = await this.grant(streamOf(grantId), { type: 'End', userId, at: now() }, context, { input: { end: grantId } });
    if (userId !== undefined) refuse(ended);
    await this.records.endGrant(grantId);
    await this.snapshots.oauthEnded(`grant-${grantId}`);
  }

  async endAllOf(where: { readonly appId: identity.OauthAppId } | { readonly userId: UserId }, context: CommandContext): Promise<void> {
    for (;;) {
      const left = await this.store.read(oauthGrants).list({ where, order: { by: ['id'] }, limit: atOnce });
      if (left.length === 0) return;
      for (const { id } of left) await this.end(id, undefined, within(context, id));
    }
  }

  async listOf(
    userId: UserId,
    { limit, cursor }: InputOf<typeof identity.ListMyOauthGrants>,
  ): Promise<OutputOf<typeof identity.ListMyOauthGrants>> {
    const page = await this.store.read(oauthGrants).page({ where: { userId }, order: { by: ['id'] }, limit, cursor });
    const ids = [...new Set(page.items.map(({ appId }) => appId))];
    const apps =
      ids.length === 0
        ? []
        : await this.store.read(oauthApps).list({ where: { id: { in: ids } }, order: { by: ['id'] }, limit: ids.length });
    const names = new Map([identity.commandLineApp, ...apps].map(({ id, name }) => [id, name]));
    const items = page.items.map(({ userId: _, ...grant }) => ({ ...grant, appName: names.get(grant.appId) ?? null }));
    return { ...page, items };
  }
}

const now = (): string => instantOf(systemClock.now());
