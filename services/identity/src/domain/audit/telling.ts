import { type AuditFact, type EventContract, type identity, OrgId, UserId } from '@orrery/contracts';
import type { Recorded } from '@orrery/kernel';

/** An event as the audit trail tells it. */
export interface Telling {
  readonly action: string;
  readonly outcome: identity.AuditEntry['outcome'];
  readonly actorKind: identity.AuditEntry['actor']['kind'];
  readonly actorId: string | null;
  readonly targetKind: string | null;
  readonly targetId: string | null;
  readonly requestId: string;
  readonly traceId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  /** The organization that reads it. */
  readonly orgId: OrgId | null;
  /** The person who reads it among their own security events. */
  readonly person: UserId | null;
  /** All organizations of that person read it: it is about them and names none. */
  readonly isOfAllTheirs: boolean;
  /** Somebody asked for it whose address is told. Whence the platform's own people come concerns no customer. */
  readonly awaitsOrigin: boolean;
}

const actorKinds = ['user', 'key', 'app', 'agent', 'service', 'operator'] as const;

const actorOf = (actor: string): Pick<Telling, 'actorKind' | 'actorId'> => {
  const kind = actorKinds.find((known) => actor.startsWith(`${known}:`));
  return kind ? { actorKind: kind, actorId: actor.slice(kind.length + 1) } : { actorKind: 'nobody', actorId: null };
};

const textIn = (data: object, field: string | undefined): string | null => {
  const value: unknown = field === undefined ? undefined : Reflect.get(data, field);
  return typeof value === 'string' ? value : null;
};

const traceIdOf = (traceparent: string | undefined): string | null => traceparent?.split('-')[1] ?? null;

/** What is personal never comes here: outside its log it is withheld, and no fact of the table names it. */
export const tellingOf = ({ event, metadata }: Recorded, fact: AuditFact, { personal }: Pick<EventContract, 'personal'>): Telling => {
  const data = event.data;
  const person = UserId.safeParse(textIn(data, fact.person)).data ?? null;
  const named = OrgId.safeParse('orgId' in data ? textIn(data, 'orgId') : undefined).data;
  const isOfAllTheirs = person !== null && !('orgId' in data);
  const asked = actorOf(metadata.actor);
  const isThemselves = fact.byThemselves === true && asked.actorKind === 'nobody' && person !== null;
  const actor = isThemselves ? { actorKind: 'user' as const, actorId: person } : asked;
  const details = (fact.details ?? []).filter((field) => !personal?.fields.includes(field));
  return {
    action: fact.action,
    outcome: fact.isRefusal ? 'refused' : 'granted',
    ...actor,
    targetKind: fact.target?.[0] ?? null,
    targetId: textIn(data, fact.target?.[1]),
    requestId: metadata.correlationId,
    traceId: traceIdOf(metadata.traceparent),
    details: Object.fromEntries(details.map((field) => [field, Reflect.get(data, field)])),
    orgId: named ?? (isOfAllTheirs ? null : (OrgId.safeParse(metadata.orgId).data ?? null)),
    person,
    isOfAllTheirs,
    awaitsOrigin: ['user', 'key', 'app', 'nobody'].includes(actor.actorKind),
  };
};
