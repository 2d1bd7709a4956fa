import type { JsonSchema } from './schema.ts';

/** RFC 9457, as the platform's own API answers every refusal and every fault. */
export const problemSchema: JsonSchema = {
  type: 'object',
  description: 'What went wrong (RFC 9457). `code` is stable and listed with each operation; `detail` is for people.',
  properties: {
    type: { type: 'string', format: 'uri', description: '`urn:orrery:problem:` and the code' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    instance: { type: 'string', description: 'The path that was asked for' },
    traceId: { type: 'string', description: 'Finds this request in traces and logs' },
    service: { type: 'string', description: 'Where a service is down or late: which one' },
    errors: {
      type: 'array',
      description: 'Where the request is malformed: each issue, and how to mend it',
      items: {
        type: 'object',
        properties: {
          in: { enum: ['path', 'query', 'body'] },
          pointer: { type: 'string', description: 'JSON pointer (RFC 6901) into that part' },
          detail: { type: 'string' },
          mend: { type: 'string' },
        },
        required: ['in', 'pointer', 'detail', 'mend'],
      },
    },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'instance'],
  additionalProperties: true,
};
