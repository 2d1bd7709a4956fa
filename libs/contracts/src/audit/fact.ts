import type { z } from 'zod';
import type { EventContract, EventContracts } from '../define.ts';

/** What an audit trail says an event was about. */
export type TargetKind =
  | 'user'
  | 'session'
  | 'org'
  | 'invite'
  | 'space'
  | 'api-key'
  | 'passkey'
  | 'identity'
  | 'oauth-app'
  | 'oauth-grant'
  | 'signing-key'
  | 'run'
  | 'variable'
  | 'worker'
  | 'quota'
  | 'priority-class'
  | 'pool'
  | 'machine-type'
  | 'model'
  | 'provider'
  | 'price-book'
  | 'upstream'
  | 'route';

/** How the audit trail tells an event. `F`: the fields of its data. */
export interface AuditFact<F extends string = string> {
  /** `noun.verb_in_the_past`, what clients filter by. */
  readonly action: `${string}.${string}`;
  readonly target?: readonly [kind: TargetKind, field: F];
  /**
   * The field that names the person whose security it is: they read it among their own security events. Where the event names no
   * organization, all of theirs read it too.
   */
  readonly person?: F;
  /** Who did it is that person, where the request came from nobody: whoever logs in is not yet logged in. */
  readonly byThemselves?: true;
  /** Something was tried and not granted. */
  readonly isRefusal?: true;
  /** What else of the data is told. Never a secret, a hash or anything personal. */
  readonly details?: readonly F[];
}

/** Why an event is not in the audit trail. */
export interface Unaudited {
  readonly unaudited: string;
}

type FieldOf<C> = C extends EventContract<infer S> ? Extract<keyof z.output<S>, string> : never;

/** Every event of a service is told or is said why not; a field that an event does not have does not compile. */
export const auditing = <const C extends EventContracts>(
  _: C,
  facts: { readonly [T in keyof C]: AuditFact<FieldOf<C[T]>> | Unaudited },
): typeof facts => facts;
