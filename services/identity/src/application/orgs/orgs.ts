import { type identity, OrgId } from '@orrery/contracts';
import { type CommandContext, type EventStore, type Handled, type HandleOptions, handleWith } from '@orrery/event-store';
import { refuse } from '@orrery/messaging';
import { type Command, type Event, Org, type Refusal, type State } from '../../domain/orgs/org.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';

export const orgStream = (orgId: string): string => `org-${orgId}`;
const idOfStream = (stream: string): OrgId => OrgId.parse(stream.slice('org-'.length));

export const orgNotFound = { code: 'OrgNotFound', details: {} } as const;

/** Every command to an organization alone goes through here. */
export class Orgs {
  private readonly handle;

  constructor(private readonly store: EventStore) {
    this.handle = handleWith(store, Org, { name: 'org' });
  }

  /** What an organization refuses is refused here. Its facts carry it, whoever caused them. */
  async tell<A = undefined>(
    orgId: OrgId,
    command: Command,
    context: CommandContext,
    options: HandleOptions<Event, State, Refusal, A> = {},
  ): Promise<Extract<Handled<Event, Refusal, A>, { accepted: true }>> {
    return refuse(await this.handle(orgStream(orgId), command, { ...context, orgId }, options));
  }

  async find(orgId: OrgId): Promise<identity.OrgView> {
    return (await this.store.read(orgs).one({ id: orgId })) ?? refuse(orgNotFound);
  }

  /** For who belongs to none: the organization that has the slug now. */
  async idOf(slug: string): Promise<OrgId> {
    const stream = await this.store.holderOf('slug', slug);
    return stream === undefined ? refuse(orgNotFound) : idOfStream(stream);
  }
}
