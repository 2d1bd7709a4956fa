import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { Serves } from '@orrery/messaging';
import { Administrators } from './administrators.ts';

@Controller()
export class AdministratorsHandler {
  constructor(private readonly administrators: Administrators) {}

  @Serves(identity.AppointAdministrator)
  async appoint(
    { userId }: InputOf<typeof identity.AppointAdministrator>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.AppointAdministrator>> {
    await this.administrators.appoint(userId, context);
    return {};
  }

  @Serves(identity.DismissAdministrator)
  async dismiss(
    { userId }: InputOf<typeof identity.DismissAdministrator>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.DismissAdministrator>> {
    await this.administrators.dismiss(userId, context);
    return {};
  }
}
