import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { Serves } from '@orrery/messaging';
import { callerOf } from '../caller.ts';
import { Deletions } from './deletions.ts';

@Controller()
export class DeletionsHandler {
  constructor(private readonly deletions: Deletions) {}

  @Serves(identity.DeleteMe)
  async deleteMe(_: InputOf<typeof identity.DeleteMe>, context: RequestContext): Promise<OutputOf<typeof identity.DeleteMe>> {
    await this.deletions.delete(callerOf(context), context);
    return {};
  }

  @Serves(identity.DeleteUser)
  async deleteUser(
    { userId }: InputOf<typeof identity.DeleteUser>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.DeleteUser>> {
    await this.deletions.delete(userId, context);
    return {};
  }
}
