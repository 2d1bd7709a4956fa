import { createHash } from 'node:crypto';

/** Longer ids are cut and marked with their hash, so that a subject stays a subject. */
const longestToken = 120;
const kept = /^[A-Za-z0-9_-]+$/;
const keptByte = /[A-Za-z0-9_-]/;

const escaped = (text: string): string => {
  let token = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    token += keptByte.test(character) ? character : `=${byte.toString(16).padStart(2, '0')}`;
  }
  return token;
};

/** One token of a subject, whatever the text holds: no id can add a token, a wildcard or a space. Different texts stay different. */
export const tokenOf = (text: string): string => {
  if (text === '') return '=';
  const token = kept.test(text) ? text : escaped(text);
  if (token.length <= longestToken) return token;
  return `${token.slice(0, longestToken - 20)}==${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
};

/** What stands for the organization in the subject of a fact that belongs to the platform. */
const platform = 'platform';

export interface LogSubject {
  readonly service: string;
  readonly type: string;
  readonly orgId?: string | undefined;
  readonly stream: string;
}

/** `log.<service>.<EventType>.<org>.<stream>`: a team can subscribe to one organization, one type, or all. */
export const logSubjectOf = ({ service, type, orgId, stream }: LogSubject): string =>
  `log.${tokenOf(service)}.${tokenOf(type)}.${tokenOf(orgId ?? platform)}.${tokenOf(stream)}`;

/** The JetStream stream that carries a service's events. */
export const logStreamOf = (service: string): string => `LOG_${service.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;

export const deadSubjectOf = (service: string, consumer: string): string => `dead.${tokenOf(service)}.${tokenOf(consumer)}`;

/** One durable for each consumer and the service it listens to. */
export const durableOf = (service: string, consumer: string, source: string): string =>
  `${tokenOf(service)}--${tokenOf(consumer)}--${tokenOf(source)}`;
