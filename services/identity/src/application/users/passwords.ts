import { hash, verify } from '@node-rs/argon2';
import { refuse } from '@orrery/messaging';

/** OWASP's minimum for Argon2id (the package's default variant): 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export interface PasswordLimits {
  /** How many are hashed side by side; each takes a thread and 19 MiB. */
  readonly atOnce: number;
  /** How many may wait. */
  readonly waiting: number;
}

/**
 * Hashes passwords on worker threads, a bounded number at a time. When too many wait it refuses with `TooManyHashes`, which the
 * contract of the operation must list: better to say so at once than to let everyone wait.
 */
export class Passwords {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  /** Compared with when there is no such person, so that the answer takes the same time. */
  private readonly decoy: Promise<string>;

  constructor(private readonly limits: PasswordLimits) {
    this.decoy = hash('nobody has this password', cost);
  }

  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, cost));
  }

  async isCorrect(password: string, passwordHash: string | undefined): Promise<boolean> {
    const against = passwordHash ?? (await this.decoy);
    const matches = await this.inTurn(() => verify(against, password));
    return matches && passwordHash !== undefined;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.limits.atOnce) {
      if (this.queue.length >= this.limits.waiting) refuse({ code: 'TooManyHashes', details: {} });
      await new Promise<void>((resolve) => this.queue.push(resolve));
    }
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.queue.shift()?.();
    }
  }
}
