/**
 * Who waits for an answer that is being made already. As many may as there is room for; where there are more, those of an organization go that has more
 * than its part, so that nobody fills the room for all. Newcomers of the others may stand beside it meanwhile, as many again.
 */
export class Waiting {
  readonly #most: number;
  readonly #byOrg = new Map<string, number>();
  #all = 0;

  constructor(most: number) {
    this.#most = most;
  }

  enter(orgId: string): void {
    this.#all += 1;
    this.#byOrg.set(orgId, (this.#byOrg.get(orgId) ?? 0) + 1);
  }

  leave(orgId: string): void {
    this.#all -= 1;
    const left = (this.#byOrg.get(orgId) ?? 1) - 1;
    if (left === 0) this.#byOrg.delete(orgId);
    else this.#byOrg.set(orgId, left);
  }

  /** Whether somebody of an organization should go, who waits. */
  isOneTooMany(orgId: string): boolean {
    if (this.#all <= this.#most) return false;
    const part = Math.max(1, Math.floor(this.#most / this.#byOrg.size));
    return this.#all > 2 * this.#most || (this.#byOrg.get(orgId) ?? 0) > part;
  }
}
