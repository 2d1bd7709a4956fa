/** One place where a model is served: a replica, or an account with a provider. */
export interface Target {
  readonly id: string;
  /** Against the others: twice the weight, twice the requests. More than 0. */
  readonly weight: number;
  /** Requests at once, at most. */
  readonly concurrency: number;
}

/** A target as it stands now. */
export interface Standing {
  readonly target: Target;
  readonly outstanding: number;
  /** Its circuit breaker lets a request through. */
  readonly isOpen: boolean;
}
