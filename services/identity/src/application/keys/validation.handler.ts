import { Controller } from '@nestjs/common';
import { epochOf, type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { hashApiKey, isGenuineApiKey } from '@orrery/credentials';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { Serves } from '@orrery/messaging';
import { answeredFor } from '../../views/keys/answering.ts';
import { apiKeys } from '../../views/keys/api-keys.view.ts';
import { Tries } from '../tries/tries.ts';
import { KeyMac } from './key-mac.ts';
import { KeyUses } from './key-uses.ts';

type Verdict = OutputOf<typeof identity.ValidateApiKey>;

const notValid: Verdict = { isValid: false, key: null };

const isOver = (instant: string | null): boolean => instant !== null && epochOf(instant) <= systemClock.now();

@Controller()
export class KeyValidationHandler {
  constructor(
    private readonly store: EventStore,
    private readonly mac: KeyMac,
    private readonly tries: Tries,
    private readonly uses: KeyUses,
  ) {}

  /** A text that this platform never made costs no look-up at all. */
  @Serves(identity.ValidateApiKey)
  async validate({ key }: InputOf<typeof identity.ValidateApiKey>, context: RequestContext): Promise<Verdict> {
    if (!isGenuineApiKey(this.mac.key, key)) return notValid;
    const hash = hashApiKey(key);
    const verdict = await this.tries.check('key-validation', hash, context, () => this.look(hash));
    return verdict ?? notValid;
  }

  @Serves(identity.RecordKeyUses)
  async record({ uses }: InputOf<typeof identity.RecordKeyUses>): Promise<OutputOf<typeof identity.RecordKeyUses>> {
    await this.uses.record(uses);
    return {};
  }

  private async look(hash: string): Promise<Verdict | undefined> {
    const keys = this.store.read(apiKeys);
    const present = await keys.one({ hash, isActive: true });
    const row = present ?? (await keys.one({ formerHash: hash, isActive: true }));
    if (!row || isOver(row.expiresAt) || (!present && isOver(row.formerUntil))) return undefined;
    const userId = present ? row.userId : row.formerUserId;
    const [isAnsweredFor] = userId === null ? [] : await answeredFor(this.store, [{ orgId: row.orgId, userId }]);
    if (userId === null || !isAnsweredFor) return undefined;
    const { id, orgId, name, expiresAt } = row;
    return { isValid: true, key: { id, orgId, userId, name, expiresAt } };
  }
}
