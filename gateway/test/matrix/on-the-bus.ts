import { randomUUID } from 'node:crypto';
import { type Operation, type OrgRole, operations, type Principal, permissionsOf, rolePermissions } from '@orrery/contracts';
import { sampleValue } from '@orrery/documents';
import type { Bus } from '@orrery/messaging';
import { contextOf } from '@orrery/testing';

/** Whom another program might say that it asks for, had it got past the gateway. */
const principals = (userId: string): Readonly<Record<string, Principal>> => {
  const id = randomUUID();
  const role = (of: OrgRole): Principal => ({ kind: 'user', id: userId, sessionId: id, permissions: [...rolePermissions[of]] });
  return {
    nobody: { kind: 'nobody' },
    pending: { kind: 'pending', id: userId, sessionId: id },
    member: role('member'),
    billing: role('billing'),
    viewer: role('viewer'),
    'narrower key': { kind: 'key', id, userId, permissions: ['runs:read'] },
    'application that sees a person': { kind: 'app', id, userId, permissions: ['runs:read'], seesPerson: true },
    'service account': { kind: 'app', id, permissions: ['runs:read'] },
    agent: { kind: 'agent', id },
  };
};

const mayAsk = ({ access, kind }: Operation, principal: Principal): boolean => {
  if (access === 'public') return true;
  if (access === 'session') return principal.kind === 'user' || principal.kind === 'pending';
  if (access === 'caller' && principal.kind === 'app') return principal.seesPerson === true && kind === 'query';
  if (access === 'caller') return principal.kind === 'user' || principal.kind === 'key';
  if (!access.includes(':')) return principal.kind === access;
  const held: readonly string[] = permissionsOf(principal);
  return held.includes(access);
};

const refusalFor = ({ kind }: Principal): string =>
  kind === 'nobody' ? 'Unauthenticated' : kind === 'pending' ? 'SecondFactorNeeded' : 'Forbidden';

export interface Refused {
  readonly operation: string;
  readonly as: string;
  readonly expected: string;
  readonly answer: string;
}

/** Asks every operation as everybody who may not, where nobody stands before the service. */
export const askUninvited = async (bus: Bus, { userId, orgId }: { userId: string; orgId: string }): Promise<readonly Refused[]> => {
  const answers: Refused[] = [];
  for (const operation of Object.values(operations)) {
    // Only a machine's own connection reaches what is for machines, and machines serve what is for them.
    if (operation.access === 'agent' || operation.subject.startsWith('agent.')) continue;
    for (const [as, principal] of Object.entries(principals(userId))) {
      if (mayAsk(operation, principal)) continue;
      const input = sampleValue(operation.input, 'input') as never;
      const context = contextOf(principal, { orgId });
      const outcome =
        operation.kind === 'stream' ? await bus.askStream(operation, input, context).open() : await bus.ask(operation, input, context);
      const answer = outcome.accepted ? 'accepted' : outcome.rejection.code;
      answers.push({ operation: operation.subject, as, expected: refusalFor(principal), answer });
    }
  }
  return answers;
};
