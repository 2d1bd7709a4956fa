import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { refuse, Serves } from '@orrery/messaging';
import type { DataSource } from 'typeorm';
import { callerOf } from '../application/caller.ts';
import { listOrgsOf } from './memberships.ts';
import { findById } from './people.view.ts';

@Controller()
export class ViewsHandler {
  constructor(private readonly database: DataSource) {}

  @Serves(identity.GetMe)
  async me(_: InputOf<typeof identity.GetMe>, context: RequestContext): Promise<OutputOf<typeof identity.GetMe>> {
    const person = await findById(this.database, callerOf(context));
    if (!person) return refuse({ code: 'UserNotFound', details: {} });
    const { passwordHash: _hash, ...shown } = person;
    const [counted] = await this.database.query<{ keys: string }[]>(
      'SELECT count(*) AS keys FROM api_keys WHERE user_id = $1 AND is_active AND (expires_at IS NULL OR expires_at > now())',
      [person.id],
    );
    return { ...shown, activeApiKeys: Number(counted?.keys ?? 0) };
  }

  @Serves(identity.ListOrgs)
  orgs(input: InputOf<typeof identity.ListOrgs>, context: RequestContext): Promise<OutputOf<typeof identity.ListOrgs>> {
    return listOrgsOf(this.database, callerOf(context), input);
  }
}
