import { eventually } from '@orrery/testing';
import { codeAt } from '../../src/application/mfa/totp.ts';
import { stepAt } from '../../src/domain/mfa/time-steps.ts';

/** A request may take so long: a code that would be too old by then is not shown. */
const onTheWayMs = 3_000;

/** The app of an honest person: it shows no code twice, and waits for the next where all of this moment were shown. */
export class AuthenticatorApp {
  private last = -1;

  constructor(private readonly secret: string) {}

  /** A code that counts now. */
  async code(): Promise<string> {
    const step = await eventually(() => this.freeStep(), { within: 65_000, every: 200 });
    this.last = step;
    return codeAt(this.secret, step);
  }

  /** A code that counts at no time near this one. */
  wrongCode(number = 0): string {
    const near = new Set([-2, -1, 0, 1, 2, 3].map((away) => codeAt(this.secret, stepAt(Date.now()) + away)));
    for (let candidate = number; ; candidate += 1) {
      const code = String(candidate % 1_000_000).padStart(6, '0');
      if (!near.has(code)) return code;
    }
  }

  private freeStep(): number | undefined {
    const step = Math.max(this.last + 1, stepAt(Date.now() + onTheWayMs) - 1);
    return step <= stepAt(Date.now()) + 1 ? step : undefined;
  }
}
