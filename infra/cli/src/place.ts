import { readFile } from 'node:fs/promises';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the API is, and with what it is asked. */
export interface Place {
  readonly url: string;
  readonly operatorKey: string;
}

/** Something that the person who calls can mend. */
export class Problem extends Error {
  override readonly name = 'Problem';
}

const usualPort = '8080';
const keyForm = /^op_[\x21-\x7e]{29,200}$/;

const fromFile = async (path: string): Promise<string> => {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new Problem(`The file ${path} of ORRERY_OPERATOR_KEY_FILE cannot be read.`, { cause });
  }
};

export const urlOf = (env: Environment): string => {
  const url = env['ORRERY_URL'] || `http://127.0.0.1:${env['ORRERY_HTTP_PORT'] || usualPort}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Problem('ORRERY_URL is no URL, such as http://127.0.0.1:8080.');
  return url.replace(/\/+$/, '');
};

export const placeOf = async (env: Environment): Promise<Place> => {
  const url = urlOf(env);
  const path = env['ORRERY_OPERATOR_KEY_FILE'];
  const operatorKey = env['ORRERY_OPERATOR_KEY'] || (path ? await fromFile(path) : '');
  if (operatorKey === '')
    throw new Problem('Set ORRERY_OPERATOR_KEY to the key of the operator, or ORRERY_OPERATOR_KEY_FILE to the file that holds it.');
  if (!keyForm.test(operatorKey)) throw new Problem('The key of the operator begins with op_ and has at least 32 characters.');
  return { url, operatorKey };
};
