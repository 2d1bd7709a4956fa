import type { inference } from '@orrery/contracts';

/** As OpenTelemetry's conventions call them. */
export interface CallLabels {
  readonly 'gen_ai.operation.name': string;
  readonly 'gen_ai.provider.name': string;
  readonly 'gen_ai.request.model': string;
}

/** Labels of one kind of call of one model at one upstream: frozen, so that histograms know them again at a glance. */
export interface Labelled {
  readonly plain: CallLabels;
  readonly input: CallLabels & { readonly 'gen_ai.token.type': string };
  readonly output: CallLabels & { readonly 'gen_ai.token.type': string };
  readonly failed: Map<string, CallLabels>;
}

type Called = Pick<inference.UsageRecord, 'kind' | 'model' | 'upstream'>;

/** However many models and upstreams come and go. */
const most = 2_000;

export const operations: Readonly<Record<inference.RequestKind, string>> = {
  chat: 'chat',
  completion: 'text_completion',
  embedding: 'embeddings',
};

/** Where no upstream was reached. */
const nowhere = 'none';

export const providerOf = ({ upstream }: Pick<Called, 'upstream'>): string => upstream ?? nowhere;

const labelsOf = (called: Called): Labelled => {
  const plain = {
    'gen_ai.operation.name': operations[called.kind],
    'gen_ai.provider.name': providerOf(called),
    'gen_ai.request.model': called.model,
  };
  return {
    plain: Object.freeze(plain),
    input: Object.freeze({ ...plain, 'gen_ai.token.type': 'input' }),
    output: Object.freeze({ ...plain, 'gen_ai.token.type': 'output' }),
    failed: new Map(),
  };
};

/** Names of models, upstreams and codes: all of them are the operator's words, none is a client's. */
export class Labels {
  readonly #known = new Map<string, Labelled>();

  of(called: Called): Labelled {
    const key = `${called.kind} ${called.upstream ?? ''} ${called.model}`;
    const known = this.#known.get(key);
    if (known) return known;
    const made = labelsOf(called);
    if (this.#known.size < most) this.#known.set(key, made);
    return made;
  }

  /** With what went wrong. */
  failed(called: Called, error: string): CallLabels {
    const { plain, failed } = this.of(called);
    const known = failed.get(error);
    if (known) return known;
    const made = Object.freeze({ ...plain, 'error.type': error });
    failed.set(error, made);
    return made;
  }
}
