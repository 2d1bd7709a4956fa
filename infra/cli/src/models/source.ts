import { z } from 'zod';
import { type Environment, Problem } from '../place.ts';
import { assertWell, get, Unanswered } from './get.ts';

/** A file that can be fetched, and what is known of it beforehand. */
export interface Source {
  readonly url: string;
  readonly name: string;
  readonly sha256: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const usualHub = 'https://huggingface.co';
/** A page of a list, to its last byte. */
const pageMs = 60_000;
const mostPages = 20;
const mostNamed = 20;

const hubOf = (env: Environment): string => {
  const hub = env['ORRERY_MODEL_HUB'] || usualHub;
  if (!URL.canParse(hub) || !/^https?:$/.test(new URL(hub).protocol)) throw new Problem(`ORRERY_MODEL_HUB is no URL, such as ${usualHub}.`);
  return hub.replace(/\/+$/, '');
};

/** `org/repo`, `org/repo:file.gguf`, either with `@revision` behind the repo. */
const hubId = /^(?<repo>[\w.-]{1,96}\/[\w.-]{1,96})(?:@(?<revision>[\w.-]{1,100}))?(?::(?<path>[^\s:][^\s]{0,300}))?$/;

const HubFile = z.object({
  type: z.string(),
  path: z.string(),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
});
type HubFile = z.output<typeof HubFile>;

const nextOf = (response: Response): string | undefined => {
  const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  return next !== undefined && URL.canParse(next, response.url) ? new URL(next, response.url).href : undefined;
};

/** Undefined where it is no JSON. */
const jsonOf = async (response: Response): Promise<unknown> => {
  try {
    return await response.json();
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw new Unanswered(new URL(response.url).origin, cause);
  }
};

/** All model files of a repository, with the checksums that the hub knows. */
const filesOf = async (base: string, repo: string, revision: string, headers: Source['headers']): Promise<readonly HubFile[]> => {
  const files: HubFile[] = [];
  let url: string | undefined = `${base}/api/models/${repo}/tree/${encodeURIComponent(revision)}?recursive=true`;
  for (let page = 0; url !== undefined; page += 1) {
    if (page >= mostPages) throw new Problem(`${repo} has too many files to look through: say which, as ${repo}:<file>, with --sha256.`);
    const response: Response = await get(url, { headers, signal: AbortSignal.timeout(pageMs) });
    await assertWell(response, `The hub has no ${repo} at ${revision}, or shows it to nobody without a token in HF_TOKEN`);
    const parsed = z.array(HubFile).safeParse(await jsonOf(response));
    if (!parsed.success) throw new Problem(`${base} does not answer as a hub of models does: is ORRERY_MODEL_HUB right?`);
    files.push(...parsed.data.filter(({ type, path }) => type === 'file' && path.endsWith('.gguf')));
    url = nextOf(response);
  }
  return files;
};

const choose = (files: readonly HubFile[], repo: string, path: string | undefined): HubFile => {
  const wanted = path === undefined ? files : files.filter((file) => file.path === path);
  const [only] = wanted;
  if (only && wanted.length === 1) return only;
  const names = files.map((file) => file.path);
  const named = `${names.slice(0, mostNamed).join(', ')}${names.length > mostNamed ? ' …' : ''}`;
  throw new Problem(names.length === 0 ? `${repo} has no .gguf file.` : `Say which file of ${repo}, as ${repo}:<file>. It has: ${named}.`);
};

const fromHub = async (words: Readonly<Record<string, string | undefined>>, env: Environment): Promise<Source> => {
  const { repo = '', revision = 'main', path } = words;
  const base = hubOf(env);
  const token = env['HF_TOKEN'];
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const file = choose(await filesOf(base, repo, revision, headers), repo, path);
  const inUrl = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    url: `${base}/${repo}/resolve/${encodeURIComponent(revision)}/${inUrl}`,
    name: file.path.split('/').at(-1) ?? file.path,
    sha256: file.lfs?.oid,
    headers,
  };
};

/** What `orrery models pull` was told to fetch: the URL of a file, or a name on a hub. */
export const sourceOf = async (words: string, env: Environment): Promise<Source> => {
  if (/^https?:\/\//.test(words) && URL.canParse(words)) {
    const name = new URL(words).pathname.split('/').at(-1) ?? '';
    return { url: words, name, sha256: undefined, headers: {} };
  }
  const id = hubId.exec(words)?.groups;
  if (!id) throw new Problem(`${JSON.stringify(words)} is neither a URL nor a name on a hub, such as org/repo or org/repo:file.gguf.`);
  return await fromHub(id, env);
};
