import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { Serves } from '@orrery/messaging';
import { callerOf, orgOf } from '../../application/caller.ts';
import { platformScope } from './audit-entries.ts';
import { AuditTrails } from './audit-trails.ts';

@Controller()
export class AuditHandler {
  constructor(private readonly trails: AuditTrails) {}

  @Serves(identity.ListAudit)
  ofOrg({ org: _, ...wanted }: InputOf<typeof identity.ListAudit>, context: RequestContext): Promise<OutputOf<typeof identity.ListAudit>> {
    return this.trails.page(orgOf(context), wanted);
  }

  @Serves(identity.ListSecurityEvents)
  ofPerson(
    wanted: InputOf<typeof identity.ListSecurityEvents>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ListSecurityEvents>> {
    return this.trails.page(callerOf(context), wanted);
  }

  @Serves(identity.ListPlatformAudit)
  ofPlatform(wanted: InputOf<typeof identity.ListPlatformAudit>): Promise<OutputOf<typeof identity.ListPlatformAudit>> {
    return this.trails.page(platformScope, wanted);
  }
}
