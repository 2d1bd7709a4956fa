import type { execution, RequestOf } from '@orrery/contracts';
import { z } from 'zod';
import { integer } from '../row.ts';
import { misnamed, wished, wishes, wishNames } from './wishes.ts';

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** What this API knows and the platform cannot do yet: better refused by name than dropped without a word. */
const notYet = (name: string, otherwise: string) =>
  z.unknown().superRefine((value, context) => {
    if (isEmpty(value)) return;
    context.addIssue({
      code: 'custom',
      message: `${name} is not supported yet: ${otherwise}`,
      params: { type: 'not_supported' },
    });
  });

const FileTexts = z.record(z.string(), z.string());

/** A JSON text of an object: path → source. */
const importFiles = z.string().transform((text, context): Record<string, string> => {
  const refuse = (message: string): never => {
    context.addIssue({ code: 'custom', message, params: { type: 'json_invalid' } });
    return z.NEVER;
  };
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('import_files should be a JSON string of an object: path to source');
  }
  const files = FileTexts.safeParse(value);
  return files.success ? files.data : refuse('import_files should be a JSON string of an object: path to source');
});

/** Body of `POST /execution/streaming/start`. */
export const Submission = z.object({
  code: z.string().min(1),
  nbcode: integer(
    z.int().refine((value) => value === 0, {
      params: { type: 'not_supported' },
      error: 'nbcode other than 0 is not supported yet: leave it out',
    }),
  ).default(0),
  timeout: integer(z.int().min(1).max(600)).default(60),
  requirements_content: notYet(
    'requirements_content',
    'put what the program needs beside it with import_files, and leave this out',
  ).optional(),
  prior_imports: notYet('prior_imports', 'write the imports into the code, and leave this out').optional(),
  kernel_state: notYet('kernel_state', 'each execution starts afresh; leave this out').optional(),
  import_files: importFiles.nullish(),
  file_name: z.string().nullish(),
  execution_type: z
    .string()
    .regex(/^[a-zA-Z0-9_.]+$/)
    .default('cpu'),
  user_callback_urls: notYet('user_callback_urls', 'poll the status or follow the stream, and leave this out').optional(),
  ...wishes,
  ...misnamed,
});

/** How the fields of the operation are called here. */
export const submissionNames = {
  fileName: 'file_name',
  machineType: 'execution_type',
  timeoutSeconds: 'timeout',
  files: 'import_files',
  ...wishNames,
};

/** Clients send paths for names; the last part is the name. */
const lastPart = (path: string): string => path.split(/[\\/]/).at(-1) ?? '';

export const submission = (body: z.output<typeof Submission>): RequestOf<typeof execution.SubmitRun> => {
  const fileName = lastPart(body.file_name ?? '');
  return {
    code: body.code,
    machineType: body.execution_type,
    timeoutSeconds: body.timeout,
    ...(fileName === '' ? {} : { fileName }),
    ...(body.import_files ? { files: body.import_files } : {}),
    ...wished(body),
  };
};
