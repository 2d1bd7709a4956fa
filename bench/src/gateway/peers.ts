import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@orrery/servers';
import { childPidsOf, startChild } from './child.ts';
import { contenderOf, type Started } from './contenders.ts';

const run = promisify(execFile);

const nginxConfig = ({ dir, port, modelPort }: { dir: string; port: number; modelPort: number }): string => `
daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/nginx-error.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi; uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
  keepalive_requests 1000000000;
  upstream model { server 127.0.0.1:${modelPort}; keepalive 1024; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;

/** A plain proxy with connections kept open to the model server, and nothing else: what nobody who passes bytes on is cheaper than. */
export const startNginx = async (dir: string, modelPort: number): Promise<Started> => {
  const port = await freePort();
  const config = join(dir, 'nginx.conf');
  await writeFile(config, nginxConfig({ dir, port, modelPort }));
  const readyUrl = `http://127.0.0.1:${port}/`;
  const { pid, stop } = await startChild({ name: 'nginx', command: 'nginx', args: ['-p', dir, '-c', config], readyUrl });
  return { contender: contenderOf({ name: 'nginx', port, pids: [pid, ...childPidsOf(pid)] }), stop };
};

const portkey = { version: '1.15.2', nodeServer: '1.3.3' };

/** Fetched once into a folder of its own, without scripts of packages. Of a newer `@hono/node-server` it answers 500 to streams. */
const installPortkey = async (): Promise<string> => {
  const dir = join(process.cwd(), '.orrery/cache', `portkey-${portkey.version}`);
  const main = join(dir, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (existsSync(main)) return main;
  await mkdir(dir, { recursive: true });
  const wanted = { '@portkey-ai/gateway': portkey.version };
  const overrides = { '@hono/node-server': portkey.nodeServer };
  await writeFile(join(dir, 'package.json'), JSON.stringify({ private: true, dependencies: wanted, overrides }));
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: dir, timeout: 300_000 });
  return main;
};

/** As it comes: no keys of its own, no limits, no usage. */
export const startPortkey = async (modelPort: number): Promise<Started> => {
  const main = await installPortkey();
  const port = await freePort();
  const { pid, stop } = await startChild({
    name: 'Portkey',
    command: process.execPath,
    args: [main, `--port=${port}`, '--headless'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
    readyUrl: `http://127.0.0.1:${port}/`,
  });
  const to = (base: string): Record<string, string> => ({
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${modelPort}${base}`,
    authorization: 'Bearer nobody-looks-at-it',
  });
  return { contender: contenderOf({ name: 'Portkey', port, pids: [pid] }, { headers: to('/v1') }), stop };
};
