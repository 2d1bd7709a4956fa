import { Controller } from '@nestjs/common';
import { type InputOf, identity, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { Serves } from '@orrery/messaging';
import { callerOf } from '../caller.ts';
import { People } from './people.ts';
import { PersonChanges } from './person-changes.ts';

@Controller()
export class PeopleHandler {
  constructor(
    private readonly people: People,
    private readonly changes: PersonChanges,
  ) {}

  @Serves(identity.GetMyself)
  myself(_: InputOf<typeof identity.GetMyself>, context: RequestContext): Promise<OutputOf<typeof identity.GetMyself>> {
    return this.people.get(callerOf(context), OrgId.safeParse(context.orgId).data);
  }

  @Serves(identity.ListPeople)
  list({ orgId, ...page }: InputOf<typeof identity.ListPeople>): Promise<OutputOf<typeof identity.ListPeople>> {
    return this.people.list(page, orgId);
  }

  @Serves(identity.GetPerson)
  async get({ person, orgId }: InputOf<typeof identity.GetPerson>): Promise<OutputOf<typeof identity.GetPerson>> {
    return await this.people.get((await this.people.find(person)).id, orgId);
  }

  @Serves(identity.CreatePerson)
  async create(input: InputOf<typeof identity.CreatePerson>, context: RequestContext): Promise<OutputOf<typeof identity.CreatePerson>> {
    const { userId, orgId } = await this.changes.create(input, context);
    return await this.people.get(userId, OrgId.parse(orgId));
  }

  @Serves(identity.UpdatePerson)
  async update(
    { person, orgId, ...change }: InputOf<typeof identity.UpdatePerson>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.UpdatePerson>> {
    const { id } = await this.people.find(person);
    await this.changes.update(id, change, context);
    return await this.people.get(id, orgId);
  }
}
