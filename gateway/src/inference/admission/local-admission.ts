import { type billing, catalog, type identity, type inference, type Principal, parseNanos } from '@orrery/contracts';
import { metrics } from '@orrery/telemetry';
import type { Caller } from '../../access/caller.ts';
import type { ReadSnapshot } from '../../access/snapshot.ts';
import { type Details, type EdgeRefusal, edgeFailure } from '../../failure.ts';
import type { LedgerSnapshot } from '../limits/meters.ts';
import { boundsOf } from './bounds.ts';
import { KnownOffers, type OfferTerms } from './known-offers.ts';
import { ModelOffer } from './model-offer.ts';
import { type KnownModel, type Models, pricesAt } from './models.ts';
import type { Admission, Offer, Refusal } from './offer.ts';

export interface LocalAdmissionParts {
  readonly models: Models;
  readonly ledgers: ReadSnapshot<billing.LedgerSnapshot>;
  readonly limits: ReadSnapshot<inference.LimitsSnapshot>;
  /** How requests are treated: who is not known to want none of it kept is not let in. */
  readonly settings: Pick<ReadSnapshot<inference.SettingsSnapshot>, 'isLoaded'>;
  readonly keys: ReadSnapshot<identity.KeySnapshot>;
  readonly plans: ReadSnapshot<identity.PlanSnapshot>;
  /** Of organizations that were put on none. */
  readonly defaultPlan: identity.PlanName | undefined;
  /** In milliseconds since the epoch. */
  readonly clock: () => number;
}

const refused = (code: EdgeRefusal, details: Details = {}, headers: Readonly<Record<string, string>> = {}): Refusal => ({
  refused: edgeFailure(code, { details, headers }),
});

/** It comes by itself. */
const notYet = (service: string): Refusal => refused('ServiceUnavailable', { service }, { 'retry-after': '1' });

const ledgerOf = ({ balance, booked }: billing.LedgerSnapshot): LedgerSnapshot => ({
  balance: parseNanos(balance),
  booked: parseNanos(booked),
});

/** What the ledger says of an account, read again where it says something else; of one that is gone, what it said last. */
const latestOf = (first: billing.LedgerSnapshot, find: () => billing.LedgerSnapshot | undefined): (() => LedgerSnapshot) => {
  let [account, ledger] = [first, ledgerOf(first)];
  return () => {
    const now = find() ?? account;
    if (now !== account) [account, ledger] = [now, ledgerOf(now)];
    return ledger;
  };
};

/**
 * Admission from what was published last: whoever publishes it may be away. Before all of it was there once nobody is let in, for what is not
 * known would count as unbounded and free.
 */
export class LocalAdmission implements Admission {
  readonly #parts: LocalAdmissionParts;
  readonly #known = new KnownOffers();

  constructor(parts: LocalAdmissionParts) {
    this.#parts = parts;
  }

  offer(caller: Caller, name: string): Offer | Refusal {
    const offer = this.#judge(caller, name);
    if ('refused' in offer) metrics.modelRefusals.add(1, { code: offer.refused.code, of: 'none' });
    return offer;
  }

  #judge(caller: Caller, name: string): Offer | Refusal {
    const missing = this.#missing();
    if (missing !== undefined) return notYet(missing);
    if (caller.orgId === undefined) return refused('NoOrganization');
    if (caller.isSuspended) return refused('OrgSuspended');
    const model = this.#parts.models.find(name);
    if (model === undefined) return refused('ModelNotFound', { model: name });
    if (!catalog.admitsModel(caller.models, model)) return refused('ModelNotAllowed', { model: model.name });
    if (!model.isLive) return refused('ModelOffline', { model: model.name });
    return this.#offerOf(model, caller.principal, caller.orgId);
  }

  #offerOf(model: KnownModel, principal: Principal, orgId: string): Offer | Refusal {
    const { models, ledgers, limits, keys, plans, defaultPlan, clock } = this.#parts;
    const account = ledgers.get(orgId);
    // It is opened a moment after its organization.
    if (account === undefined) return notYet('billing');
    const terms = {
      principal,
      orgId,
      model,
      currency: account.currency,
      key: principal.kind === 'key' ? keys.get(principal.id) : undefined,
      plan: plans.get(orgId)?.plan ?? defaultPlan,
      limits: limits.get(orgId),
      modelsRevision: models.revision,
    };
    const at = clock();
    return this.#known.find(terms, at) ?? this.#make(terms, account, at);
  }

  #make(terms: OfferTerms, account: billing.LedgerSnapshot, at: number): Offer | Refusal {
    const { models, ledgers } = this.#parts;
    const { principal, orgId, model, currency } = terms;
    const book = pricesAt(model, at);
    if (book && book.prices.length > 0 && book.currency !== currency) {
      return refused('PricedInOtherCurrency', { model: model.name, prices: book.currency, account: currency });
    }
    const offer = new ModelOffer({
      orgId,
      model,
      currency,
      ledger: latestOf(account, () => ledgers.get(orgId)),
      bounds: boundsOf({ principal, model }, terms),
      at,
      find: (name) => models.find(name),
    });
    this.#known.keep(terms, offer, models.pricesChangeAfter(at));
    return offer;
  }

  #missing(): string | undefined {
    const { models, ledgers, limits, settings, keys, plans } = this.#parts;
    if (!models.snapshot.isLoaded) return 'catalog';
    if (!ledgers.isLoaded) return 'billing';
    if (!limits.isLoaded || !settings.isLoaded) return 'inference';
    return keys.isLoaded && plans.isLoaded ? undefined : 'identity';
  }
}
