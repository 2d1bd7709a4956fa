import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { Serves } from '@orrery/messaging';
import { Snapshots } from '../snapshots.ts';
import { SigningKeys } from './signing-keys.ts';

@Controller()
export class SigningKeysHandler {
  constructor(
    private readonly keys: SigningKeys,
    private readonly snapshots: Snapshots,
  ) {}

  @Serves(identity.RotateSigningKey)
  async rotate(
    input: InputOf<typeof identity.RotateSigningKey>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RotateSigningKey>> {
    const made = await this.keys.rotate(input, context);
    await this.snapshots.forgetSigning(await this.keys.tend());
    await this.snapshots.signingChanged();
    return made;
  }
}
