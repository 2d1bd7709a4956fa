import type { inference } from '@orrery/contracts';
import { merged, noUsage, type Usage } from '../wire/usage.ts';
import { estimated, type Reserved, tokensOf } from './estimate.ts';
import { type Count, type Ending, type Phase, rowOf } from './outcomes.ts';
import { costOf, type Prices } from './prices.ts';

/** What happens to one request. Nothing else about it matters for money. */
export type AccountEvent =
  | { readonly type: 'sent' }
  | { readonly type: 'first-byte' }
  /** Characters of what the model wrote, since it was told last. */
  | { readonly type: 'text-seen'; readonly length: number }
  /** Of what was told until now: some tell of the prompt when they begin, and of what they wrote when it is written. */
  | { readonly type: 'usage-seen'; readonly usage: Usage }
  /** The attempt came to nothing; another one begins, at the same prices or, after a fallback, at others. */
  | { readonly type: 'retried' }
  | { readonly type: 'fell-back'; readonly prices: Prices }
  | { readonly type: 'ended'; readonly ending: Ending };

/** The one thing that is left of a request, and what its organization pays. */
export interface Settlement extends Usage {
  readonly outcome: inference.Outcome;
  /** Nobody who knows has counted it. */
  readonly isEstimated: boolean;
  readonly cost: bigint;
  readonly attempts: number;
}

export interface OpenAccount {
  readonly phase: Phase;
  readonly prices: Prices;
  readonly reserved: Reserved;
  readonly usage: Usage | undefined;
  readonly textLength: number;
  /** Of it, what came after the last count. */
  readonly uncountedLength: number;
  readonly attempts: number;
}

export type Account = OpenAccount | { readonly phase: 'settled'; readonly settlement: Settlement };

export const openAccount = (reserved: Reserved, prices: Prices): OpenAccount => ({
  phase: 'admitted',
  prices,
  reserved,
  usage: undefined,
  textLength: 0,
  uncountedLength: 0,
  attempts: 0,
});

const phases: readonly Phase[] = ['admitted', 'sent', 'answering', 'writing'];
/** Never back: what is told late changes nothing. */
const atLeast = (phase: Phase, other: Phase): Phase => (phases.indexOf(phase) < phases.indexOf(other) ? other : phase);

const countOf = (usage: Usage | undefined): Count => {
  if (usage === undefined) return 'none';
  return usage.input === 0 && usage.output === 0 ? 'zero' : 'given';
};

/** What came out: as it was counted, and what was not, estimated. Text that came and was counted as none was not counted. */
const outputOf = ({ reserved, textLength, uncountedLength }: OpenAccount, { output }: Usage): number =>
  output === 0 ? estimated(reserved, textLength).output : Math.max(output, Math.min(output + tokensOf(uncountedLength), reserved.output));

/** What is charged for, in tokens, and whether any of it is an estimate. */
const usedOf = (account: OpenAccount, charge: 'prompt' | 'written' | 'counted'): [Usage, boolean] => {
  const { reserved, usage, textLength } = account;
  if (charge === 'prompt') return [estimated(reserved, 0), true];
  if (charge === 'written' || usage === undefined) return [estimated(reserved, textLength), true];
  const output = outputOf(account, usage);
  return [{ ...usage, output }, output !== usage.output];
};

const settled = (account: OpenAccount, ending: Ending): Settlement => {
  const { outcome, charge } = rowOf(ending, account.phase, countOf(account.usage));
  const { attempts } = account;
  if (charge === 'nothing') return { outcome, ...noUsage, isEstimated: false, cost: 0n, attempts };
  const [usage, isEstimated] = usedOf(account, charge);
  return { outcome, ...usage, isEstimated, cost: costOf(usage, account.prices), attempts };
};

/** Whether nothing has been passed on: only then may another attempt be made. */
const mayTryAgain = ({ phase }: OpenAccount): boolean => phase === 'admitted' || phase === 'sent';

/**
 * One request from its reservation to its settlement. The first ending settles it; whatever is told after that has no effect, so that
 * however its end is noticed, twice or late, it is paid for once.
 */
export const told = (account: Account, event: AccountEvent): Account => {
  if (account.phase === 'settled') return account;
  switch (event.type) {
    case 'sent':
      return { ...account, phase: atLeast(account.phase, 'sent'), attempts: account.attempts + 1 };
    case 'first-byte':
      return { ...account, phase: atLeast(account.phase, 'answering') };
    case 'text-seen':
      return {
        ...account,
        phase: atLeast(account.phase, 'writing'),
        textLength: account.textLength + event.length,
        uncountedLength: account.uncountedLength + event.length,
      };
    case 'usage-seen':
      return {
        ...account,
        phase: atLeast(account.phase, 'answering'),
        usage: account.usage ? merged(account.usage, event.usage) : event.usage,
        uncountedLength: 0,
      };
    case 'retried':
      return mayTryAgain(account) ? { ...account, phase: 'admitted' } : account;
    case 'fell-back':
      return mayTryAgain(account) ? { ...account, phase: 'admitted', prices: event.prices } : account;
    case 'ended':
      return { phase: 'settled', settlement: settled(account, event.ending) };
  }
};
