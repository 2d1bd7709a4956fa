import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@orrery/testing';

/** What a client asks of version 2 of the registry's API when it pulls. It has one image, with nothing to run, under every name but `missing`. */
const program = `
import base64, hashlib, http.server, io, json, sys, tarfile
closed = sys.argv[1] == "closed"
blobs = {}
def blob(data):
  digest = "sha256:" + hashlib.sha256(data).hexdigest()
  blobs[digest] = data
  return {"digest": digest, "size": len(data)}
file = io.BytesIO()
with tarfile.open(fileobj=file, mode="w") as tar:
  info = tarfile.TarInfo(sys.argv[1])
  tar.addfile(info, io.BytesIO(b""))
kinds = "application/vnd.docker."
layer = {"mediaType": kinds + "image.rootfs.diff.tar", **blob(file.getvalue())}
about = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/nothing"]}, "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}
config = {"mediaType": kinds + "container.image.v1+json", **blob(json.dumps(about).encode())}
kind = kinds + "distribution.manifest.v2+json"
manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [layer]}).encode()
login = "Basic " + base64.b64encode(b"lab:right").decode()
class Registry(http.server.BaseHTTPRequestHandler):
  protocol_version = "HTTP/1.1"
  def log_message(self, *_): pass
  def answer(self, status, body, kind="application/json", headers={}):
    self.send_response(status)
    for name, value in {"content-type": kind, "content-length": str(len(body)), **headers}.items(): self.send_header(name, value)
    self.end_headers()
    if self.command == "GET": self.wfile.write(body)
  def refuse(self, status, code, headers={}):
    self.answer(status, json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}).encode(), headers=headers)
  def do_GET(self):
    path = self.path.split("?")[0]
    name = path.rsplit("/", 1)[1]
    if closed and self.headers.get("authorization") != login: self.refuse(401, "UNAUTHORIZED", {"www-authenticate": 'Basic realm="lab"'})
    elif path == "/v2/": self.answer(200, b"{}")
    elif name in blobs: self.answer(200, blobs[name], "application/octet-stream")
    elif "/manifests/" in path and "/missing/" not in path:
      self.answer(200, manifest, kind, {"docker-content-digest": "sha256:" + hashlib.sha256(manifest).hexdigest()})
    else: self.refuse(404, "MANIFEST_UNKNOWN")
  do_HEAD = do_GET
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
print(server.server_port, flush=True)
server.serve_forever()
`;

export interface Registry {
  /** `127.0.0.1:40000`: what an image's name begins with. */
  readonly host: string;
  readonly stop: () => Promise<void>;
}

/** A Python program that says the port of its server, started where `inside` leads. */
export const serveInside = async (
  inside: readonly string[],
  code: string,
  ...more: readonly string[]
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> => {
  const [command = '', ...args] = [...inside, 'python3', '-c', code, ...more];
  const child = spawn(command, args, { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (data) => (text += data));
  const port = await eventually(() => (text.endsWith('\n') ? Number(text) : undefined));
  return {
    port,
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

/** A registry where an engine finds it. One that is closed lets in whoever is `lab` and says `right`. */
export const startRegistry = async (inside: readonly string[], door: 'open' | 'closed'): Promise<Registry> => {
  const { port, stop } = await serveInside(inside, program, door);
  return { host: `127.0.0.1:${port}`, stop };
};
