import type { Operation } from '@orrery/contracts';

const word = /^[a-z][a-z0-9-]{0,62}$/;
const token = /^[A-Za-z0-9_-]{1,100}$/;

const checked = (shape: RegExp, part: string, what: string): string => {
  if (!shape.test(part))
    throw new TypeError(`${JSON.stringify(part)} is no ${what}: a dot, a wildcard or a space would change the subject`);
  return part;
};

/** The service and the name of an operation, each proven to be one token of a subject. */
export const partsOf = ({ subject }: Pick<Operation, 'subject'>): { readonly service: string; readonly name: string } => {
  const [service = '', name = '', ...rest] = subject.split('.');
  if (rest.length > 0) throw new TypeError(`${JSON.stringify(subject)} is no operation: it must be <service>.<name>`);
  return { service: checked(word, service, 'service'), name: checked(word, name, 'operation name') };
};

/** Where the instances of a service hear an operation. */
export const askSubject = (operation: Pick<Operation, 'subject'>): string => {
  const { service, name } = partsOf(operation);
  return `ask.${service}.${name}`;
};

/**
 * Where an agent asks the platform: its id is part of the subject, so that the permissions of its connection prove who it is.
 * A service hears all of them as `ask.<service>.<name>.*`.
 */
export const askAsAgentSubject = (operation: Pick<Operation, 'subject'>, workerId: string): string =>
  `${askSubject(operation)}.${checked(token, workerId, 'worker id')}`;

/** Where one agent hears the platform. */
export const agentSubject = (workerId: string, verb: string): string =>
  `agent.${checked(token, workerId, 'worker id')}.${checked(word, verb, 'verb')}`;

/** Where one instance of a service hears how far the readers of its streams have come. */
export const flowSubject = (service: string, instance: string): string =>
  `ask.${checked(word, service, 'service')}.flow.${checked(token, instance, 'instance')}`;

/** A reply goes to an inbox and nowhere else: a caller must not choose a subject on which the answer would mean something. */
export const isInbox = (subject: string | undefined): subject is string =>
  subject !== undefined && (subject.startsWith('_INBOX') || subject.startsWith('_R_.'));
