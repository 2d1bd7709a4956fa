import type { Currency, identity, inference, Principal } from '@orrery/contracts';
import { personOf } from '@orrery/contracts';
import type { ModelOffer } from './model-offer.ts';
import type { KnownModel } from './models.ts';

/** All that an offer is made of. It is the same one as long as all of this is. */
export interface OfferTerms {
  readonly principal: Principal;
  readonly orgId: string;
  readonly model: KnownModel;
  readonly currency: Currency;
  /** Each by its identity: what is published anew is another one. */
  readonly key: identity.KeySnapshot | undefined;
  readonly plan: identity.PlanName | undefined;
  readonly limits: inference.LimitsSnapshot | undefined;
  /** Of all models: a fallback may lead to any of them. */
  readonly modelsRevision: number;
}

interface Known extends OfferTerms {
  readonly offer: ModelOffer;
  readonly until: number;
}

/** Beyond it all are made anew: they cost little, and come back as they are asked for. */
const mostKnown = 20_000;

const isOf = (known: Known, terms: OfferTerms): boolean =>
  known.modelsRevision === terms.modelsRevision &&
  known.model === terms.model &&
  known.key === terms.key &&
  known.limits === terms.limits &&
  known.plan === terms.plan &&
  known.orgId === terms.orgId &&
  known.currency === terms.currency &&
  known.principal.kind === terms.principal.kind &&
  personOf(known.principal) === personOf(terms.principal);

/** Offers that were made before, by who asks for which model. */
export class KnownOffers {
  readonly #byCaller = new Map<string, Map<string, Known>>();
  #size = 0;

  find(terms: OfferTerms, at: number): ModelOffer | undefined {
    const { principal, model } = terms;
    const known = 'id' in principal ? this.#byCaller.get(principal.id)?.get(model.modelId) : undefined;
    return known !== undefined && at < known.until && isOf(known, terms) ? known.offer : undefined;
  }

  /** It holds until a moment, in milliseconds since the epoch, if nothing of its terms changes before. */
  keep(terms: OfferTerms, offer: ModelOffer, until: number): void {
    const { principal, model } = terms;
    if (!('id' in principal)) return;
    if (this.#size >= mostKnown) this.#forgetAll();
    const ofCaller = this.#byCaller.get(principal.id) ?? new Map<string, Known>();
    this.#byCaller.set(principal.id, ofCaller);
    if (!ofCaller.has(model.modelId)) this.#size += 1;
    ofCaller.set(model.modelId, { ...terms, offer, until });
  }

  #forgetAll(): void {
    this.#byCaller.clear();
    this.#size = 0;
  }
}
