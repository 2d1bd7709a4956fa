import { identity, instantOf } from '@orrery/contracts';
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { ReadSnapshot } from '../access/snapshot.ts';
import { metadataOf } from './client-metadata.ts';
import { granted } from './refused.ts';
import type { Asker } from './visit.ts';

type By = 'id' | 'uid' | 'userCode';
const { ConsumeOauthRecord, DropOauthRecord, EndOauthGrant, FindOauthRecord, PutOauthRecord, commandLineApp } = identity;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const daySeconds = 86_400;

/** What the provider remembers of one kind, kept by identity. */
class Records implements Adapter {
  readonly #model: string;
  readonly #asker: Asker;

  constructor(model: string, asker: Asker) {
    this.#model = model;
    this.#asker = asker;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn = daySeconds): Promise<void> {
    const [grantId, uid, userCode] = [textOf(payload.grantId), textOf(payload.uid), textOf(payload.userCode)];
    const asked = {
      model: this.#model,
      id,
      payload: JSON.stringify(payload),
      expiresAt: instantOf(Date.now() + expiresIn * 1_000),
      ...(grantId === undefined ? {} : { grantId }),
      ...(uid === undefined ? {} : { uid }),
      ...(userCode === undefined ? {} : { userCode }),
    };
    granted(await this.#asker.ask(PutOauthRecord, asked));
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    return this.#find('id', id);
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#find('uid', uid);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#find('userCode', userCode);
  }

  /** Of many who use a thing at the same time one is first. The others may hold a stolen copy, and nobody can tell: all that came of it ends. */
  async consume(id: string): Promise<void> {
    const { isFirst, grantId } = granted(await this.#asker.ask(ConsumeOauthRecord, { model: this.#model, id }));
    if (isFirst) return;
    if (grantId !== null) await this.revokeByGrantId(grantId);
    throw new errors.InvalidGrant('already used');
  }

  async destroy(id: string): Promise<void> {
    if (this.#model === 'Grant') return this.revokeByGrantId(id);
    granted(await this.#asker.ask(DropOauthRecord, { model: this.#model, id }));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    granted(await this.#asker.ask(EndOauthGrant, { grantId }));
  }

  async #find(by: By, value: string): Promise<AdapterPayload | undefined> {
    // Nothing that long was ever made.
    if (value === '' || value.length > 200) return undefined;
    const { found } = granted(await this.#asker.ask(FindOauthRecord, { model: this.#model, by, value }));
    if (!found) return undefined;
    // Written by the provider itself, in `upsert`.
    const payload = JSON.parse(found.payload) as AdapterPayload;
    return found.isConsumed ? { ...payload, consumed: true } : payload;
  }
}

const nothing = async (): Promise<undefined> => undefined;

/** Applications are not the provider's to keep: it reads what every gateway holds. */
const clients = (apps: ReadSnapshot<identity.AppSnapshot>, catchUpMs: number): Adapter => ({
  upsert: nothing,
  find: async (id) => {
    if (id === commandLineApp.id) return metadataOf(commandLineApp);
    const app = identity.OauthAppId.safeParse(id).success ? await apps.when(id, () => true, catchUpMs) : undefined;
    return app && metadataOf(app);
  },
  findByUid: nothing,
  findByUserCode: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
});

export interface RecordsOptions {
  readonly asker: Asker;
  readonly apps: ReadSnapshot<identity.AppSnapshot>;
  readonly catchUpMs: number;
}

export const recordsOf =
  ({ asker, apps, catchUpMs }: RecordsOptions) =>
  (model: string): Adapter =>
    model === 'Client' ? clients(apps, catchUpMs) : new Records(model, asker);
