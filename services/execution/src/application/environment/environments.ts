import { createHmac } from 'node:crypto';
import { execution, type InputOf, instantOf, newId, OrgId, type RequestContext } from '@orrery/contracts';
import { type EventStore, handleWith, type PageOf, type Write } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { Environment, type EnvironmentCommand, type EnvironmentEvent, environmentStream } from '../../domain/environment/environment.ts';
import { type VariableRow, variables } from '../../views/variables.view.ts';
import { forgetValue, keepValue, shownValues } from './variable-values.ts';

type Settings = InputOf<typeof execution.SetVariables>['variables'];
type Page = Pick<InputOf<typeof execution.ListVariables>, 'limit'> & { readonly cursor?: string | undefined };

const blocksOf = ({ name, value }: Settings[number]): number =>
  Math.ceil(Buffer.byteLength(`${name}=${value}`) / execution.variableBlockBytes);

const isClosed = async ({ pool }: EventStore, orgId: string): Promise<boolean> => {
  const text = 'SELECT FROM org_standings WHERE org_id = $1 AND is_closed';
  return (await pool.query({ name: 'is-org-closed', text, values: [orgId] })).rowCount === 1;
};

/** The environment variables of organizations, with their values. */
export class Environments {
  private readonly handle;

  constructor(
    private readonly store: EventStore,
    /** Tells whether two requests were the same: a plain hash would say which password it was to whoever guesses. */
    private readonly markKey: Buffer,
  ) {
    this.handle = handleWith(store, Environment, { name: 'environment' });
  }

  async set(settings: Settings, context: RequestContext): Promise<readonly execution.VariableView[]> {
    const orgId = OrgId.parse(context.orgId);
    const wishes = settings.map((setting) => ({
      freshId: newId(execution.VariableId),
      name: setting.name,
      isSecret: setting.isSecret,
      blocks: blocksOf(setting),
    }));
    const values = new Map(settings.map(({ name, value }) => [name, value]));
    const command = { type: 'Set', orgId, isClosed: await isClosed(this.store, orgId), settings: wishes, at: this.now } as const;
    await this.tell(command, context, {
      input: settings.map(({ value, ...rest }) => ({ ...rest, mark: this.markOf(value) })),
      keep: ({ variableId, name }) => keepValue(this.store, { variableId, orgId }, values.get(name) ?? ''),
    });
    const { items } = await this.page(orgId, { limit: execution.mostVariables });
    return items;
  }

  async remove(variableId: execution.VariableId, context: RequestContext): Promise<void> {
    await this.tell({ type: 'Remove', orgId: OrgId.parse(context.orgId), variableId, at: this.now }, context, { input: { variableId } });
  }

  async removeAll(orgId: OrgId, context: RequestContext): Promise<void> {
    await this.tell({ type: 'RemoveAll', orgId, at: this.now }, { ...context, orgId }, { input: 'all' });
  }

  /** For an organization that is gone. */
  async close(orgId: OrgId, context: RequestContext): Promise<void> {
    await this.tell({ type: 'Close', orgId, at: this.now }, { ...context, orgId }, { input: 'end' });
  }

  async page(orgId: OrgId, { limit, cursor }: Page): Promise<PageOf<execution.VariableView>> {
    const [{ items, ...rest }, shown] = await Promise.all([
      this.store.read(variables).page({ where: { orgId }, order: { by: ['name'] }, limit, cursor }),
      shownValues(this.store, orgId),
    ]);
    const viewOf = ({ orgId: _, ...row }: VariableRow): execution.VariableView => ({ ...row, value: shown.get(row.id) ?? null });
    return { items: items.map(viewOf), ...rest };
  }

  private get now(): string {
    return instantOf(systemClock.now());
  }

  private markOf(value: string): string {
    return createHmac('sha256', this.markKey).update(value).digest('hex');
  }

  private async tell(
    command: EnvironmentCommand,
    context: RequestContext,
    {
      input,
      keep,
    }: { readonly input: unknown; readonly keep?: (data: Extract<EnvironmentEvent, { type: 'VariableSet' }>['data']) => Write },
  ): Promise<void> {
    const writes = (events: readonly EnvironmentEvent[]): readonly Write[] =>
      events.flatMap(({ type, data }) => {
        if (type === 'VariableRemoved') return [forgetValue(data.variableId)];
        return type === 'VariableSet' && keep ? [keep(data)] : [];
      });
    refuse(await this.handle(environmentStream(command.orgId), command, context, { input, writes }));
  }
}
