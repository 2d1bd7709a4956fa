import { execFileSync } from 'node:child_process';
import {
  cpSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { DockerEngine } from '@orrery/servers';
import { scratchDirectory } from './scratch.ts';

/** What `importPython` calls its image. */
export const pythonImage = 'orrery-test/python:1';

/** Of Python's library what no test wants, and what is most of it. */
const unwanted = new Set(['test', 'idlelib', 'tkinter', 'turtledemo', 'ensurepip', 'lib2to3', 'pydoc_data', 'dist-packages']);
const importMs = 60_000;

const librariesOf = (program: string): string[] =>
  execFileSync('ldd', [program], { encoding: 'utf8', timeout: 10_000 })
    .split('\n')
    .flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);

/** The Python of this machine, with what it needs to run and nothing else. */
const layOut = (root: string): void => {
  if (!existsSync('/usr/bin/python3'))
    throw new Error("the Python of the image is this machine's /usr/bin/python3, which is not there: apt-get install python3");
  const python = realpathSync('/usr/bin/python3');
  for (const directory of ['usr/bin', 'usr/lib', 'usr/lib64', 'etc', 'tmp']) mkdirSync(join(root, directory), { recursive: true });
  for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/tmp:/bin/sh\n');
  const libraries = [...librariesOf(python), ...librariesOf('/bin/sh')];
  for (const path of [python, '/bin/sh', ...libraries]) {
    const target = join(root, path.startsWith('/usr/') ? path : `usr${path}`);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(realpathSync(path), target, { dereference: true });
  }
  symlinkSync(basename(python), join(root, 'usr/bin/python3'));
  const library = `/usr/lib/${basename(python)}`;
  if (!existsSync(library)) throw new Error(`the library of Python is not at ${library}`);
  cpSync(library, join(root, library), { recursive: true, filter: (path) => !unwanted.has(basename(path)) });
};

/** One call of the engine's API; an answer that is no success is an error. */
const call = (socketPath: string, method: string, path: string, body?: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/x-tar' };
    const sent = request({ socketPath, path, method, headers, timeout: importMs }, (response) => {
      if ((response.statusCode ?? 0) < 300) resolve(response);
      else reject(new Error(`the engine answered ${response.statusCode} to ${method} ${path}`));
    });
    sent.once('error', reject).once('timeout', () => sent.destroy(new Error('the engine did not answer in time')));
    if (body === undefined) sent.end();
    else createReadStream(body).pipe(sent);
  });

/** Gives an engine an image with this machine's Python and a shell: no registry is asked. */
export const importPython = async ({ socket }: DockerEngine): Promise<void> => {
  const root = scratchDirectory('image');
  layOut(root);
  const archive = `${root}.tar`;
  execFileSync('tar', ['--create', '--file', archive, '--directory', root, '--owner=0', '--group=0', '.'], { timeout: importMs });
  const [repo, tag] = pythonImage.split(':');
  const told = await call(socket, 'POST', `/images/create?fromSrc=-&repo=${repo}&tag=${tag}`, archive);
  await text(told);
  rmSync(root, { recursive: true });
  rmSync(archive);
};

/** Takes an image out of an engine as `docker save` does, under another name, and leaves it with nothing of that name. */
export const exportImage = async (
  { socket }: DockerEngine,
  { reference, as, file }: { readonly reference: string; readonly as: string; readonly file: string },
): Promise<void> => {
  const [repo, tag] = as.split(':');
  await call(socket, 'POST', `/images/${reference}/tag?repo=${repo}&tag=${tag}`);
  await pipeline(await call(socket, 'GET', `/images/${as}/get`), createWriteStream(file));
  await call(socket, 'DELETE', `/images/${as}?noprune=true`);
};
