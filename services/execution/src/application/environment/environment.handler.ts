import { Controller } from '@nestjs/common';
import { execution, type InputOf, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { Serves } from '@orrery/messaging';
import { Environments } from './environments.ts';

@Controller()
export class EnvironmentHandler {
  constructor(private readonly environments: Environments) {}

  @Serves(execution.SetVariables)
  async set(
    { variables }: InputOf<typeof execution.SetVariables>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.SetVariables>> {
    return { items: [...(await this.environments.set(variables, context))] };
  }

  @Serves(execution.ListVariables)
  async list(page: InputOf<typeof execution.ListVariables>, { orgId }: RequestContext): Promise<OutputOf<typeof execution.ListVariables>> {
    return await this.environments.page(OrgId.parse(orgId), page);
  }

  @Serves(execution.RemoveVariable)
  async remove(
    { variableId }: InputOf<typeof execution.RemoveVariable>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.RemoveVariable>> {
    await this.environments.remove(variableId, context);
    return {};
  }

  @Serves(execution.RemoveAllVariables)
  async removeAll(
    _: InputOf<typeof execution.RemoveAllVariables>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.RemoveAllVariables>> {
    await this.environments.removeAll(OrgId.parse(context.orgId), context);
    return {};
  }
}
